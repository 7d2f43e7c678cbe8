#include "dbot/nn/clip/clip_classifier.h"

#include <ATen/ops/linear.h>

#include <utility>

#include "dbot/nn/clip/clip_parameters.h"
#include "dbot/nn/vit/encoder_parameters.h"

namespace dbot::nn {

std::vector<ParameterSpec> clip_classifier_parameters(const ClipClassifierConfig& config) {
  std::vector<ParameterSpec> specs = clip_encoder_parameters(config.clip);
  for (ParameterSpec& spec : specs) {
    if (spec.name == "cls_token" || spec.name.starts_with("pos_embed")) spec.decay = Decay::never;
  }
  append_linear_parameters(specs, "head", config.clip.encoder.width, config.classes);
  const auto [deviation, truncated] = config.head_start;
  Start& head = specs[specs.size() - 2].start;
  if (truncated) {
    head = starts::TruncatedNormal{.deviation = deviation};
  } else {
    head = starts::Normal{.deviation = deviation};
  }
  return specs;
}

ClipClassifier::ClipClassifier(const ClipClassifierConfig& config,
                               std::shared_ptr<ParameterStore> parameters)
    : encoder_(config.clip, std::move(parameters)) {}

at::Tensor ClipClassifier::features(const ops::Clips& clips, at::ScalarType compute,
                                    const DropPath& drop_path) const {
  return pooled(encoder_.blocks(encoder_.embed(clips), compute, drop_path));
}

at::Tensor ClipClassifier::pooled(const at::Tensor& tokens) const {
  return encoder_.norm(tokens.slice(1, encoder_.config().prefix()).mean(1));
}

at::Tensor ClipClassifier::logits(const at::Tensor& features) const {
  return at::linear(features, parameters()->at("head.weight"), parameters()->at("head.bias"));
}

}  // namespace dbot::nn
