#include "tests/golden/student.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>

#include <algorithm>

#include "dbot/core/error.h"

namespace dbot::golden {
namespace {

core::Size size_of(const nlohmann::json& value) {
  if (value.is_array()) return {value.at(0).get<std::int64_t>(), value.at(1).get<std::int64_t>()};
  return {value.get<std::int64_t>(), value.get<std::int64_t>()};
}

/// Where the weights lie.
runtime::Device device_of(const runtime::NamedTensors& weights) {
  using Kind = runtime::Device::Kind;
  if (weights.empty() || weights.begin()->second.is_cpu()) return {};
  const at::Device device = weights.begin()->second.device();
  return {.kind = device.is_cuda() ? Kind::cuda : Kind::other, .index = device.index()};
}

}  // namespace

std::int64_t depth_of(const runtime::NamedTensors& weights, const std::string& prefix) {
  std::int64_t depth = 0;
  while (weights.contains(prefix + std::to_string(depth) + ".norm1.weight")) ++depth;
  return depth;
}

nn::EncoderConfig encoder_config(const nlohmann::json& config, std::int64_t channels,
                                 const runtime::NamedTensors& weights) {
  nn::EncoderConfig encoder;
  encoder.image_size = size_of(config.at("img_size"));
  encoder.channels = channels;
  encoder.patch_size = config.at("patch_size").get<std::int64_t>();
  encoder.width = config.at("embed_dim").get<std::int64_t>();
  encoder.heads = config.at("num_heads").get<std::int64_t>();
  encoder.mlp_ratio = value_or(config, "mlp_ratio", 4.0);
  encoder.layer_norm_eps = value_or(config, "layer_norm_eps", 1e-6);
  encoder.depth = depth_of(weights, "blocks.");
  nn::check(encoder, "config");
  return encoder;
}

nn::MaskedAutoencoderConfig student_config(const nlohmann::json& config, std::int64_t channels,
                                           const runtime::NamedTensors& weights) {
  nn::MaskedAutoencoderConfig student;
  student.encoder = encoder_config(config, channels, weights);
  student.decoder.width = config.at("decoder_embed_dim").get<std::int64_t>();
  student.decoder.heads = config.at("decoder_num_heads").get<std::int64_t>();
  student.decoder.depth = depth_of(weights, "decoder_blocks.");
  student.predictor_name =
      weights.contains("decoder_predp.weight") ? "decoder_predp" : "decoder_pred";
  student.prediction_width = weights.at(student.predictor_name + ".weight").size(0);
  nn::check(student.decoder);
  return student;
}

std::shared_ptr<nn::ParameterStore> make_store(const std::vector<nn::ParameterSpec>& specs,
                                               const runtime::NamedTensors& weights) {
  auto store = std::make_shared<nn::ParameterStore>(specs, device_of(weights));
  for (const auto& [name, value] : weights) {
    const bool taken = std::ranges::any_of(specs, [&](const auto& s) { return s.name == name; });
    if (!taken) throw Error("[golden] no parameter takes the stored weight " + name);
  }
  store->copy_from(weights);
  return store;
}

nn::MaskedAutoencoder make_student(const nn::MaskedAutoencoderConfig& config,
                                   const runtime::NamedTensors& weights) {
  return {config, make_store(nn::masked_autoencoder_parameters(config), weights)};
}

objectives::Teacher make_teacher(const nn::EncoderConfig& config,
                                 const runtime::NamedTensors& weights, bool final_norm) {
  return {config, make_store(nn::encoder_parameters(config), weights), {.final_norm = final_norm}};
}

at::Tensor with_cls_position(const at::Tensor& mask) {
  return at::cat({at::ones({mask.size(0), 1}, mask.options()), mask}, 1);
}

void compare_gradients(const Fixture& fixture, const std::string& prefix,
                       const nn::ParameterStore& parameters, Comparison& comparison) {
  for (const std::string& name : fixture.names(prefix)) {
    comparison.gradient(prefix + name, parameters.at(name).grad(), limits::gradient);
  }
}

}  // namespace dbot::golden
