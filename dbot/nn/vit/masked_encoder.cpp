#include "dbot/nn/vit/masked_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>

#include <charconv>
#include <cmath>
#include <string_view>
#include <variant>

#include "dbot/nn/linear.h"

namespace dbot::nn {
namespace {

/// 1 / sqrt(2l) for the matrices that end the branches of block l, counted from 1; 1 for others.
double depth_scale(std::string_view name) {
  constexpr std::string_view kBlocks = "blocks.";
  if (!name.starts_with(kBlocks)) return 1;
  if (!name.ends_with("attn.proj.weight") && !name.ends_with("mlp.fc2.weight")) return 1;
  std::int64_t block = 0;
  std::from_chars(name.data() + kBlocks.size(), name.data() + name.size(), block);
  return 1.0 / std::sqrt(2.0 * static_cast<double>(block + 1));
}

/// What is drawn at random is drawn another way; the patch embedding's bias starts at zero.
void start_as_symmetric(ParameterSpec& spec) {
  const bool drawn = std::holds_alternative<starts::Uniform>(spec.start) ||
                     std::holds_alternative<starts::Normal>(spec.start);
  if (!drawn) return;
  if (spec.shape.size() == 1) {
    spec.start = starts::Constant{0};
  } else {
    spec.start = starts::TruncatedNormal{.deviation = 0.02, .scale = depth_scale(spec.name)};
  }
}

}  // namespace

std::vector<ParameterSpec> masked_encoder_parameters(const MaskedEncoderConfig& config) {
  std::vector<ParameterSpec> specs = encoder_parameters(config.encoder);
  specs.front().decay = Decay::never;  // cls_token
  specs.insert(specs.begin() + 1, token_parameter("mask_token", config.encoder.width));
  append_linear_parameters(specs, "lm_head", config.encoder.width, config.prediction_width);
  for (ParameterSpec& spec : specs) start_as_symmetric(spec);
  return specs;
}

MaskedEncoder::MaskedEncoder(const MaskedEncoderConfig& config,
                             std::shared_ptr<ParameterStore> parameters)
    : config_(config), encoder_(config.encoder, std::move(parameters)) {}

at::Tensor MaskedEncoder::embed(const ops::Images& images, const at::Tensor& mask) const {
  const at::Tensor patches = encoder_.embed_patches(images);
  const at::Tensor hidden = mask.to(at::kBool).unsqueeze(-1);
  return encoder_.complete(at::where(hidden, parameters()->at("mask_token"), patches));
}

at::Tensor MaskedEncoder::encode(const ops::Images& images, const at::Tensor& mask,
                                 at::ScalarType compute, const DropPath& drop_path,
                                 const at::Tensor& rows) const {
  return encoder_.norm(
      encoder_.blocks(embed(images, mask), encoder_.block_weights(), compute, drop_path, rows));
}

at::Tensor MaskedEncoder::predict(const at::Tensor& tokens, at::ScalarType compute) const {
  return linear(tokens, *parameters(), "lm_head", compute).to(at::kFloat);
}

}  // namespace dbot::nn
