#include "tests/golden/mae_st/clip_networks.h"

namespace dbot::golden {

nn::ClipConfig clip_config(const Fixture& fixture) {
  const nlohmann::json& said = fixture.config;
  const auto count = [&](const char* key) { return said.at(key).get<std::int64_t>(); };
  nn::ClipConfig config;
  const std::int64_t side = count("img_size");
  config.encoder.image_size = {side, side};
  config.encoder.patch_size = count("patch_size");
  config.encoder.width = count("embed_dim");
  config.encoder.depth = count("depth");
  config.encoder.heads = count("num_heads");
  config.encoder.mlp_ratio = said.at("mlp_ratio").get<double>();
  config.encoder.layer_norm_eps = value_or(said, "ln_eps", 1e-6);
  config.encoder.class_token = said.at("cls_embed").get<bool>();
  config.decoder = {.width = value_or<std::int64_t>(said, "decoder_embed_dim", 8),
                    .depth = value_or<std::int64_t>(said, "decoder_depth", 0),
                    .heads = value_or<std::int64_t>(said, "decoder_num_heads", 1)};
  config.frames = count("num_frames");
  config.tubelet = count("t_patch_size");
  config.positions = said.at("sep_pos_embed").get<bool>() ? nn::ClipPositions::separable
                                                          : nn::ClipPositions::learned;
  config.attention_bias = !value_or(said, "no_qkv_bias", false);
  config.predicted_frames = value_or<std::int64_t>(said, "pred_t_dim", config.steps());
  return config;
}

}  // namespace dbot::golden
