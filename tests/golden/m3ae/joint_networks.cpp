#include "tests/golden/m3ae/joint_networks.h"

#include <cmath>

namespace dbot::golden {
namespace {

std::int64_t joint_count(const nlohmann::json& config, const char* key) {
  return config.at(key).get<std::int64_t>();
}

/// Side of an image of so many patches, in pixels.
std::int64_t joint_image_side(const Fixture& fixture, std::int64_t patch_size) {
  if (fixture.config.contains("image_size")) return joint_count(fixture.config, "image_size");
  const auto patches = static_cast<double>(fixture.peek("input.patches").size(1));
  return std::llround(std::sqrt(patches)) * patch_size;
}

std::int64_t joint_patch_side(const Fixture& fixture) {
  if (fixture.config.contains("patch_size")) return joint_count(fixture.config, "patch_size");
  const auto values = static_cast<double>(fixture.peek("w.image_embedding.kernel").size(0));
  return std::llround(std::sqrt(values / 3));
}

}  // namespace

methods::ImageTextConfig joint_config(const Fixture& fixture) {
  const nlohmann::json& said = fixture.config;
  const std::int64_t patch_size = joint_patch_side(fixture);
  const std::int64_t side = joint_image_side(fixture, patch_size);
  methods::ImageTextConfig config;
  config.encoder.image_size = {side, side};
  config.encoder.patch_size = patch_size;
  config.encoder.width = joint_count(said, "emb_dim");
  config.encoder.depth = joint_count(said, "depth");
  config.encoder.heads = joint_count(said, "num_heads");
  config.encoder.mlp_ratio = said.at("mlp_ratio").get<double>();
  config.encoder.layer_norm_eps = value_or(said, "ln_eps", 1e-6);
  config.decoder = {.width = joint_count(said, "dec_emb_dim"),
                    .depth = joint_count(said, "dec_depth"),
                    .heads = joint_count(said, "dec_num_heads")};
  config.head_depth = value_or<std::int64_t>(said, "output_head_depth", 0);
  config.type_vectors = fixture.has("w.encoder_image_type_embedding");
  config.vocabulary = fixture.peek("w.text_embedding.embedding").size(0);
  config.text_length = fixture.has("input.text") ? fixture.peek("input.text").size(1)
                                                 : value_or<std::int64_t>(said, "text_length", 1);
  config.mask_ratio = value_or(said, "image_mask_ratio", config.mask_ratio);
  config.text_ratio = value_or(said, "text_mask_ratio", config.text_ratio);
  if (said.contains("loss_weights")) {
    config.image_weight = said["loss_weights"].at("image").get<double>();
    config.text_weight = said["loss_weights"].at("text").get<double>();
  }
  return config;
}

at::Tensor channels_first(const at::Tensor& images) {
  return images.permute({0, 3, 1, 2}).contiguous();
}

}  // namespace dbot::golden
