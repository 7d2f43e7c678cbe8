#include "dbot/nn/joint/joint_parameters.h"

#include "dbot/nn/joint/output_head.h"
#include "dbot/nn/vit/encoder_parameters.h"

namespace dbot::nn {
namespace {

ParameterSpec undecayed_token(const std::string& name, std::int64_t width) {
  ParameterSpec spec = token_parameter(name, width);
  spec.decay = Decay::never;
  return spec;
}

ParameterSpec text_embedding(const JointConfig& config) {
  ParameterSpec spec;
  spec.name = "text_embed.weight";
  spec.shape = {config.vocabulary, config.encoder.width};
  spec.start = starts::Normal{1.0};
  spec.decay = Decay::never;
  return spec;
}

/// Gains of a LayerNorm: the vectors that end in .weight.
bool is_gain(const ParameterSpec& spec) {
  return spec.shape.size() == 1 && spec.name.ends_with(".weight");
}

}  // namespace

std::string joint_decoder_prefix(std::int64_t block) {
  return "decoder_blocks." + std::to_string(block) + ".";
}

std::vector<ParameterSpec> joint_parameters(const JointConfig& config) {
  const std::int64_t width = config.encoder.width, inner = config.decoder.width;
  std::vector<ParameterSpec> specs = encoder_parameters(config.encoder);
  if (config.type_vectors) {
    specs.push_back(undecayed_token(kImageType, width));
    specs.push_back(undecayed_token(kTextType, width));
  }
  specs.push_back(text_embedding(config));
  append_linear_parameters(specs, "decoder_embed", width, inner);
  specs.push_back(undecayed_token("image_mask_token", inner));
  specs.push_back(undecayed_token("text_mask_token", inner));
  if (config.type_vectors) {
    specs.push_back(undecayed_token(kDecoderImageType, inner));
    specs.push_back(undecayed_token(kDecoderTextType, inner));
  }
  EncoderConfig block_shape;
  block_shape.width = inner;
  block_shape.mlp_ratio = config.encoder.mlp_ratio;
  for (std::int64_t block = 0; block < config.decoder.depth; ++block) {
    append_block_parameters(specs, joint_decoder_prefix(block), block_shape);
  }
  append_norm_parameters(specs, "decoder_norm", inner);
  append_output_head(specs, kImageHead, {inner, config.patch_width(), config.head_depth});
  append_output_head(specs, kTextHead, {inner, config.vocabulary, config.head_depth});
  for (ParameterSpec& spec : specs) {
    if (is_gain(spec)) spec.decay = Decay::always;
    if (spec.name == "cls_token") spec.decay = Decay::never;
  }
  return specs;
}

}  // namespace dbot::nn
