#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "dbot/nn/vit/config.h"
#include "dbot/nn/vit/vision_transformer.h"

namespace dbot::nn {

/// mean: of the patch tokens, then `fc_norm`; cls: the cls token after `norm`.
enum class Pooling { mean, cls };

struct ClassifierConfig {
  EncoderConfig encoder;
  std::int64_t classes = 1000;
  Pooling pooling = Pooling::mean;
};

/// The fine-tuning network's parameters in official order: the encoder's, with a trainable position
/// table and, for mean pooling, without `norm.*`; then head.* and fc_norm.*. The head starts at
/// zero.
std::vector<ParameterSpec> classifier_parameters(const ClassifierConfig& config);

/// An encoder with a linear head. docs/methods/mae.md §6.
class Classifier {
 public:
  Classifier(const ClassifierConfig& config, std::shared_ptr<ParameterStore> parameters);

  const ClassifierConfig& config() const { return config_; }
  const std::shared_ptr<ParameterStore>& parameters() const { return encoder_.parameters(); }

  /// What the head sees, [batch, width]. images: as for `VisionTransformer::embed`.
  at::Tensor features(const at::Tensor& images, at::ScalarType compute,
                      const DropPath& drop_path = {}) const;
  /// [batch, classes], float32.
  at::Tensor logits(const at::Tensor& features) const;

 private:
  ClassifierConfig config_;
  VisionTransformer encoder_;
};

}  // namespace dbot::nn
