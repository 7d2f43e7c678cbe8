#include "dbot/nn/clip/clip_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/nn/vit/block_stack.h"
#include "dbot/ops/assemble_tokens.h"

namespace dbot::nn {
namespace {

/// The embedded tokens in their order, behind the class token where there is one.
ops::TokenPlan clip_plan(const at::Tensor& embedded, const at::Tensor& ids_keep,
                         std::int64_t prefix) {
  const std::int64_t batch = embedded.size(0);
  const auto longs = embedded.options().dtype(at::kLong);
  ops::TokenPlan plan;
  plan.sources = at::arange(-prefix, embedded.size(1), longs).unsqueeze(0);
  if (!ids_keep.defined()) return plan;
  plan.positions = ids_keep + prefix;
  if (prefix > 0) plan.positions = at::cat({at::zeros({batch, 1}, longs), plan.positions}, 1);
  return plan;
}

}  // namespace

at::Tensor still_clips(const at::Tensor& images, std::int64_t frames) {
  return images.unsqueeze(2).expand(
      {images.size(0), images.size(1), frames, images.size(2), images.size(3)});
}

ClipEncoder::ClipEncoder(const ClipConfig& config, std::shared_ptr<ParameterStore> parameters)
    : config_(config),
      parameters_(std::move(parameters)),
      positions_(config, "", config.encoder.width, *parameters_) {}

BackboneInput ClipEncoder::input() const {
  return {.part = "images",
          .images = {config_.encoder.image_size, config_.encoder.channels},
          .clips = ClipFrames{config_.frames, config_.stride, config_.frames_per_second}};
}

std::vector<std::string> ClipEncoder::feature_names() const {
  if (config_.encoder.class_token) return {"cls", "mean"};
  return {"mean"};
}

runtime::NamedTensors ClipEncoder::features(const runtime::NamedTensors& inputs,
                                            at::ScalarType compute) const {
  const auto clips = inputs.find(kClips);
  const at::Tensor seen =
      clips != inputs.end() ? clips->second : still_clips(inputs.at("images"), config_.frames);
  const at::Tensor found = encode(embed(seen), compute);
  runtime::NamedTensors features{{"mean", found.slice(1, config_.prefix()).mean(1)}};
  if (config_.encoder.class_token) features["cls"] = found.select(1, 0);
  return features;
}

std::string ClipEncoder::describe() const {
  const EncoderConfig& encoder = config_.encoder;
  return fmt::format(
      "clips of {} frames of {}x{} pixels in tubelets of {}x{}x{}, {} wide, {} "
      "blocks, {} heads",
      config_.frames, encoder.image_size.height, encoder.image_size.width, config_.tubelet,
      encoder.patch_size, encoder.patch_size, encoder.width, encoder.depth, encoder.heads);
}

at::Tensor ClipEncoder::embed_patches(const ops::Clips& clips, const at::Tensor& ids_keep) const {
  const EncoderConfig& encoder = config_.encoder;
  const at::IntArrayRef sizes = clips.pixels.sizes();
  const std::vector<std::int64_t> expected{encoder.channels, config_.frames,
                                           encoder.image_size.height, encoder.image_size.width};
  if (sizes.size() != 5 || sizes.slice(1) != at::IntArrayRef(expected)) {
    throw Error({.operation = "encoder",
                 .subject = fmt::format("clips of {}", fmt::join(sizes, "×")),
                 .fault = Fault::mismatch,
                 .reason = fmt::format("do not fit, expected batch×{}", fmt::join(expected, "×"))});
  }
  const at::Tensor tubelets = ops::clip_patches(clips, {config_.tubelet, encoder.patch_size},
                                                ops::PatchOrder::channel_first, ids_keep);
  return at::linear(tubelets, parameters_->at("patch_embed.proj.weight").view({encoder.width, -1}),
                    parameters_->at("patch_embed.proj.bias"));
}

at::Tensor ClipEncoder::embed(const ops::Clips& clips, const at::Tensor& ids_keep) const {
  const at::Tensor tokens = embed_patches(clips, ids_keep);
  // Without a class token no token is made of the shared one.
  const at::Tensor cls = config_.encoder.class_token
                             ? parameters_->at("cls_token")
                             : at::zeros({1, 1, tokens.size(2)}, tokens.options());
  return ops::assemble_tokens(tokens, cls, positions(),
                              clip_plan(tokens, ids_keep, config_.prefix()));
}

at::Tensor ClipEncoder::blocks(const at::Tensor& tokens, at::ScalarType compute,
                               const DropPath& drop_path) const {
  return run_blocks(tokens, block_weights(), block_options(compute), drop_path);
}

at::Tensor ClipEncoder::norm(const at::Tensor& tokens) const {
  return at::layer_norm(tokens, {config_.encoder.width}, parameters_->at("norm.weight"),
                        parameters_->at("norm.bias"), config_.encoder.layer_norm_eps);
}

at::Tensor ClipEncoder::encode(const at::Tensor& tokens, at::ScalarType compute,
                               const DropPath& drop_path) const {
  return norm(blocks(tokens, compute, drop_path));
}

std::vector<ops::TransformerBlockWeights> ClipEncoder::block_weights() const {
  std::vector<ops::TransformerBlockWeights> blocks;
  for (std::int64_t block = 0; block < config_.encoder.depth; ++block) {
    blocks.push_back(nn::block_weights(*parameters_, "blocks." + std::to_string(block) + "."));
  }
  return blocks;
}

ops::TransformerBlockOptions ClipEncoder::block_options(at::ScalarType compute) const {
  return {.heads = config_.encoder.heads,
          .layer_norm_eps = config_.encoder.layer_norm_eps,
          .compute = compute};
}

}  // namespace dbot::nn
