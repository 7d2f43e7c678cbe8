#include "dbot/nn/vit/classifier.h"

#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>

#include "dbot/nn/vit/masked_encoder.h"

namespace dbot::nn {

std::vector<ParameterSpec> classifier_parameters(const ClassifierConfig& config) {
  std::vector<ParameterSpec> specs = encoder_parameters(config.encoder);
  if (config.encoder.relative_positions != RelativePositions::none) start_as_symmetric(specs);
  if (config.pooling == Pooling::mean) {
    std::erase_if(specs, [](const ParameterSpec& spec) { return spec.name.starts_with("norm."); });
  }
  for (ParameterSpec& spec : specs) {
    spec.role = Role::trained;
    if (spec.name == "cls_token" || spec.name == "pos_embed") spec.decay = Decay::never;
  }
  append_linear_parameters(specs, "head", config.encoder.width, config.classes);
  const double deviation = config.head_start.deviation;
  Start& head = specs[specs.size() - 2].start;
  if (config.head_start.truncated) {
    head = starts::TruncatedNormal{.deviation = deviation};
  } else {
    head = starts::Normal{.deviation = deviation};
  }
  if (config.pooling == Pooling::mean) {
    append_norm_parameters(specs, "fc_norm", config.encoder.width);
  }
  return specs;
}

Classifier::Classifier(const ClassifierConfig& config, std::shared_ptr<ParameterStore> parameters)
    : config_(config), encoder_(config.encoder, std::move(parameters)) {}

at::Tensor Classifier::features(const ops::Images& images, at::ScalarType compute,
                                const DropPath& drop_path) const {
  return pooled(encoder_.blocks(encoder_.embed(images), compute, drop_path));
}

at::Tensor Classifier::pooled(const at::Tensor& tokens) const {
  if (config_.pooling == Pooling::cls) return encoder_.norm(tokens.select(1, 0));
  return at::layer_norm(tokens.slice(1, 1).mean(1), {config_.encoder.width},
                        parameters()->at("fc_norm.weight"), parameters()->at("fc_norm.bias"),
                        config_.encoder.layer_norm_eps);
}

at::Tensor Classifier::logits(const at::Tensor& features) const {
  return at::linear(features, parameters()->at("head.weight"), parameters()->at("head.bias"));
}

}  // namespace dbot::nn
