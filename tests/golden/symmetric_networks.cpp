#include "tests/golden/symmetric_networks.h"

#include "dbot/exchange/names/tensor_names.h"
#include "tests/golden/student.h"

namespace dbot::golden {

nn::EncoderConfig symmetric_encoder_config(const nlohmann::json& config, std::int64_t channels,
                                           const runtime::NamedTensors& weights) {
  nn::EncoderConfig encoder = encoder_config(config, channels, weights);
  encoder.position_table = value_or(config, "abs_pos", false);
  if (value_or(config, "shared_rel_pos_bias", false)) {
    encoder.relative_positions = nn::RelativePositions::shared;
  } else if (value_or(config, "per_block_rel_pos_bias", false)) {
    encoder.relative_positions = nn::RelativePositions::each_block;
  }
  encoder.layer_scale = value_or(config, "layer_scale_init", 0.0);
  encoder.key_bias = false;
  return encoder;
}

nn::MaskedEncoder make_masked_encoder(const nlohmann::json& config, std::int64_t channels,
                                      const runtime::NamedTensors& weights) {
  const nn::MaskedEncoderConfig shape{
      .encoder = symmetric_encoder_config(config, channels, weights),
      .prediction_width = config.at("out_dim").get<std::int64_t>()};
  auto store = std::make_shared<nn::ParameterStore>(nn::masked_encoder_parameters(shape));
  store->copy_from(weights);
  return {shape, std::move(store)};
}

objectives::Teacher make_clip_teacher(const nlohmann::json& config, std::int64_t channels,
                                      const runtime::NamedTensors& weights) {
  const runtime::NamedTensors official =
      exchange::to_official(weights, exchange::NameStyle::clip).tensors;
  nn::EncoderConfig tower;
  const auto side = config.at("input_resolution").get<std::int64_t>();
  tower.image_size = {side, side};
  tower.channels = channels;
  tower.patch_size = config.at("patch_size").get<std::int64_t>();
  tower.width = config.at("width").get<std::int64_t>();
  tower.depth = config.at("layers").get<std::int64_t>();
  tower.heads = config.at("heads").get<std::int64_t>();
  tower.layer_norm_eps = value_or(config, "layer_norm_eps", 1e-5);
  tower.patch_bias = false;
  tower.norm_before = true;
  tower.projection = config.at("output_dim").get<std::int64_t>();
  tower.gelu = value_or(config, "quick_gelu", true) ? nn::Gelu::quick : nn::Gelu::exact;
  auto store = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(tower));
  store->copy_from(official);
  return {tower, std::move(store), {.final_norm = value_or(config, "post_patch_norm", true)}};
}

}  // namespace dbot::golden
