#include "dbot/nn/clip/clip_parameters.h"

#include "dbot/nn/vit/encoder_parameters.h"

namespace dbot::nn {
namespace {

/// A learned table of positions, [1, rows, width]. Upstream cuts the draws at ±2, which is a
/// hundred deviations away.
ParameterSpec clip_table(const std::string& name, std::int64_t rows, std::int64_t width) {
  ParameterSpec spec;
  spec.name = name;
  spec.shape = {1, rows, width};
  spec.start = starts::Normal{0.02};
  return spec;
}

void append_clip_positions(std::vector<ParameterSpec>& specs, const ClipConfig& config,
                           const std::string& part, std::int64_t width) {
  if (config.positions == ClipPositions::sincos) return;
  if (config.positions == ClipPositions::learned) {
    specs.push_back(clip_table(part + "pos_embed", config.prefix() + config.tokens(), width));
    return;
  }
  specs.push_back(clip_table(part + "pos_embed_spatial", config.places(), width));
  specs.push_back(clip_table(part + "pos_embed_temporal", config.steps(), width));
  if (config.prefix() > 0) specs.push_back(clip_table(part + "pos_embed_class", 1, width));
}

void append_clip_block(std::vector<ParameterSpec>& specs, const ClipConfig& config,
                       const std::string& prefix, std::int64_t width) {
  EncoderConfig shape;
  shape.width = width;
  shape.mlp_ratio = config.encoder.mlp_ratio;
  std::vector<ParameterSpec> block;
  append_block_parameters(block, prefix, shape);
  const auto side = static_cast<double>(width);
  for (ParameterSpec& spec : block) {
    if (spec.name.ends_with("attn.qkv.weight")) spec.start = glorot_uniform({side, side});
    if (!config.attention_bias && spec.name.ends_with("attn.qkv.bias")) continue;
    specs.push_back(std::move(spec));
  }
}

void append_tubelet_embedding(std::vector<ParameterSpec>& specs, const ClipConfig& config) {
  const EncoderConfig& encoder = config.encoder;
  const std::int64_t p = encoder.patch_size;
  ParameterSpec weight, bias;
  weight.name = "patch_embed.proj.weight";
  weight.shape = {encoder.width, encoder.channels, config.tubelet, p, p};
  weight.start = glorot_uniform(
      {static_cast<double>(config.token_values()), static_cast<double>(encoder.width)});
  bias.name = "patch_embed.proj.bias";
  bias.shape = {encoder.width};
  specs.push_back(std::move(weight));
  specs.push_back(std::move(bias));
}

}  // namespace

std::string clip_decoder_prefix(std::int64_t block) {
  return "decoder_blocks." + std::to_string(block) + ".";
}

std::vector<ParameterSpec> clip_encoder_parameters(const ClipConfig& config) {
  const std::int64_t width = config.encoder.width;
  std::vector<ParameterSpec> specs;
  if (config.encoder.class_token) specs.push_back(token_parameter("cls_token", width));
  append_clip_positions(specs, config, "", width);
  append_tubelet_embedding(specs, config);
  for (std::int64_t block = 0; block < config.encoder.depth; ++block) {
    append_clip_block(specs, config, "blocks." + std::to_string(block) + ".", width);
  }
  append_norm_parameters(specs, "norm", width);
  return specs;
}

std::vector<ParameterSpec> clip_parameters(const ClipConfig& config) {
  const std::int64_t width = config.decoder.width;
  std::vector<ParameterSpec> specs = clip_encoder_parameters(config);
  append_linear_parameters(specs, "decoder_embed", config.encoder.width, width);
  specs.push_back(token_parameter("mask_token", width));
  if (config.encoder.class_token) {
    specs.push_back(token_parameter("decoder_cls_token", width));
    specs.back().start = starts::Constant{0};
  }
  append_clip_positions(specs, config, "decoder_", width);
  for (std::int64_t block = 0; block < config.decoder.depth; ++block) {
    append_clip_block(specs, config, clip_decoder_prefix(block), width);
  }
  append_norm_parameters(specs, "decoder_norm", width);
  append_linear_parameters(specs, "decoder_pred", width, config.prediction_width());
  return specs;
}

}  // namespace dbot::nn
