#include "tests/golden/symmetric_networks.h"

#include "dbot/core/error.h"
#include "dbot/exchange/names/tensor_names.h"
#include "dbot/nn/vit/relative_positions.h"
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

void take_position_indices(runtime::NamedTensors& weights, core::Size grid,
                           Comparison& comparison) {
  std::erase_if(weights, [&](const auto& entry) {
    if (!entry.first.ends_with("relative_position_index")) return false;
    comparison.equal(entry.first, nn::relative_position_index(grid), entry.second);
    return true;
  });
}

nn::MaskedEncoder read_masked_encoder(const Fixture& fixture, const std::string& prefix,
                                      std::int64_t channels, Comparison& comparison) {
  const nlohmann::json& config = fixture.config.at("student");
  runtime::NamedTensors weights = fixture.with_prefix(prefix);
  const nn::MaskedEncoderConfig shape{
      .encoder = symmetric_encoder_config(config, channels, weights),
      .prediction_width = config.at("out_dim").get<std::int64_t>()};
  take_position_indices(weights, shape.encoder.grid(), comparison);
  return {shape, make_store(nn::masked_encoder_parameters(shape), weights)};
}

objectives::Teacher make_clip_teacher(const nlohmann::json& config, std::int64_t channels,
                                      const runtime::NamedTensors& weights) {
  const auto official = exchange::to_official(weights, exchange::NameStyle::clip);
  if (!official.left_out.empty())
    throw Error("[golden] no name for the teacher's " + official.left_out.front());
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
  return {tower,
          make_store(nn::encoder_parameters(tower), official.tensors),
          {.final_norm = value_or(config, "post_patch_norm", true)}};
}

}  // namespace dbot::golden
