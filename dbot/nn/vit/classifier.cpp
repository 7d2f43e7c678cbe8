#include "dbot/nn/vit/classifier.h"

#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>

namespace dbot::nn {

std::vector<ParameterSpec> classifier_parameters(const ClassifierConfig& config) {
  std::vector<ParameterSpec> specs = encoder_parameters(config.encoder);
  if (config.pooling == Pooling::mean) {
    std::erase_if(specs, [](const ParameterSpec& spec) { return spec.name.starts_with("norm."); });
  }
  for (ParameterSpec& spec : specs) spec.role = Role::trained;
  append_linear_parameters(specs, "head", config.encoder.width, config.classes);
  specs[specs.size() - 2].start = starts::Constant{0};
  if (config.pooling == Pooling::mean) {
    append_norm_parameters(specs, "fc_norm", config.encoder.width);
  }
  return specs;
}

Classifier::Classifier(const ClassifierConfig& config, std::shared_ptr<ParameterStore> parameters)
    : config_(config), encoder_(config.encoder, std::move(parameters)) {}

at::Tensor Classifier::features(const at::Tensor& images, at::ScalarType compute,
                                const DropPath& drop_path) const {
  const at::Tensor tokens = encoder_.blocks(encoder_.embed(images), compute, drop_path);
  if (config_.pooling == Pooling::cls) return encoder_.norm(tokens.select(1, 0));
  return at::layer_norm(tokens.slice(1, 1).mean(1), {config_.encoder.width},
                        parameters()->at("fc_norm.weight"), parameters()->at("fc_norm.bias"),
                        config_.encoder.layer_norm_eps);
}

at::Tensor Classifier::logits(const at::Tensor& features) const {
  return at::linear(features, parameters()->at("head.weight"), parameters()->at("head.bias"));
}

}  // namespace dbot::nn
