#include "dbot/nn/vit/masked_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/where.h>

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "dbot/nn/linear.h"
#include "dbot/nn/vit/block_stack.h"

namespace dbot::nn {
namespace {

std::string decoder_prefix(std::int64_t block) {
  return "decoder_blocks." + std::to_string(block) + ".";
}

/// 1 / sqrt(2l) for the matrices that end the branches of block l, counted from 1; 1 for others.
double depth_scale(std::string_view name) {
  constexpr std::string_view kBlocks = "blocks.";
  if (!name.starts_with(kBlocks)) return 1;
  if (!name.ends_with("attn.proj.weight") && !name.ends_with("mlp.fc2.weight")) return 1;
  std::int64_t block = 0;
  std::from_chars(name.data() + kBlocks.size(), name.data() + name.size(), block);
  return 1.0 / std::sqrt(2.0 * static_cast<double>(block + 1));
}

void train_table(ParameterSpec& spec) {
  spec.role = Role::trained;
  spec.decay = Decay::never;
}

/// Everything of a decoder but the last matrix.
void append_decoder(std::vector<ParameterSpec>& specs, const MaskedEncoderConfig& config) {
  const std::int64_t width = config.decoder->width;
  append_linear_parameters(specs, "decoder_embed", config.encoder.width, width);
  ParameterSpec table = position_table_parameter("decoder_pos_embed", config.encoder, width);
  table.start = starts::PositionTable{.grid = config.encoder.grid(), .rows_first = true};
  if (config.learned_positions) train_table(table);
  specs.push_back(std::move(table));
  EncoderConfig block_shape;
  block_shape.width = width;
  block_shape.mlp_ratio = config.encoder.mlp_ratio;
  for (std::int64_t block = 0; block < config.decoder->depth; ++block) {
    append_block_parameters(specs, decoder_prefix(block), block_shape);
  }
  append_norm_parameters(specs, "decoder_norm", width);
}

}  // namespace

void start_as_symmetric(std::vector<ParameterSpec>& specs) {
  for (ParameterSpec& spec : specs) {
    const bool drawn = std::holds_alternative<starts::Uniform>(spec.start) ||
                       std::holds_alternative<starts::Normal>(spec.start);
    if (!drawn) continue;
    if (spec.shape.size() == 1) {
      spec.start = starts::Constant{0};  // the patch embedding's bias
    } else {
      spec.start = starts::TruncatedNormal{.deviation = 0.02, .scale = depth_scale(spec.name)};
    }
  }
}

std::vector<ParameterSpec> masked_encoder_parameters(const MaskedEncoderConfig& config) {
  std::vector<ParameterSpec> specs = encoder_parameters(config.encoder);
  specs.front().decay = Decay::never;  // cls_token
  for (ParameterSpec& spec : specs) {
    if (!config.learned_positions || spec.name != "pos_embed") continue;
    train_table(spec);
    spec.start = starts::TruncatedNormal{.deviation = 0.02};
  }
  specs.insert(specs.begin() + 1, token_parameter("mask_token", config.encoder.width));
  if (config.decoder) append_decoder(specs, config);
  append_linear_parameters(specs, "lm_head",
                           config.decoder ? config.decoder->width : config.encoder.width,
                           config.prediction_width);
  start_as_symmetric(specs);
  return specs;
}

MaskedEncoder::MaskedEncoder(const MaskedEncoderConfig& config,
                             std::shared_ptr<ParameterStore> parameters)
    : config_(config), encoder_(config.encoder, std::move(parameters)) {
  if (!config_.decoder) return;
  for (std::int64_t block = 0; block < config_.decoder->depth; ++block) {
    decoder_blocks_.push_back(block_weights(*this->parameters(), decoder_prefix(block)));
  }
}

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

at::Tensor MaskedEncoder::predict(const at::Tensor& tokens, at::ScalarType compute,
                                  const DropPath& drop_path, const at::Tensor& rows) const {
  const ParameterStore& store = *parameters();
  if (!config_.decoder) return linear(tokens, store, "lm_head", compute).to(at::kFloat);
  const at::Tensor decoded = run_blocks(decoder_tokens(tokens, compute), decoder_blocks_,
                                        decoder_options(compute), drop_path, rows);
  const at::Tensor normed =
      at::layer_norm(decoded, {config_.decoder->width}, store.at("decoder_norm.weight"),
                     store.at("decoder_norm.bias"), config_.encoder.layer_norm_eps);
  return linear(normed, store, "lm_head", compute).to(at::kFloat);
}

at::Tensor MaskedEncoder::decoder_tokens(const at::Tensor& tokens, at::ScalarType compute) const {
  const at::Tensor embedded = linear(tokens, *parameters(), "decoder_embed", compute);
  return embedded.to(at::kFloat) + parameters()->at("decoder_pos_embed");
}

ops::TransformerBlockOptions MaskedEncoder::decoder_options(at::ScalarType compute) const {
  return {.heads = config_.decoder->heads,
          .layer_norm_eps = config_.encoder.layer_norm_eps,
          .compute = compute};
}

}  // namespace dbot::nn
