#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "dbot/nn/vit/config.h"
#include "dbot/nn/vit/vision_transformer.h"
#include "dbot/ops/image_patches.h"

namespace dbot::nn {

/// mean: of the patch tokens, then `fc_norm`; cls: the cls token after `norm`.
enum class Pooling { mean, cls };

/// How the head's matrix starts: with normal draws of a deviation, or with those of them that are
/// within one deviation. Its bias starts at zero. docs/methods/classification.md §3.
struct HeadStart {
  double deviation = 2e-5;
  bool truncated = false;
};

struct ClassifierConfig {
  EncoderConfig encoder;
  std::int64_t classes = 1000;
  Pooling pooling = Pooling::mean;
  HeadStart head_start = {};
};

/// The fine-tuning network's parameters in official order: the encoder's, with a trainable position
/// table and, for mean pooling, without `norm.*`; then head.* and fc_norm.*. Class token and
/// position table are not decayed. An encoder with relative positions starts as BEiT's does
/// (`start_as_symmetric`), others as MAE's.
std::vector<ParameterSpec> classifier_parameters(const ClassifierConfig& config);

/// An encoder with a linear head. docs/methods/mae.md §6.
class Classifier {
 public:
  Classifier(const ClassifierConfig& config, std::shared_ptr<ParameterStore> parameters);

  const ClassifierConfig& config() const { return config_; }
  const VisionTransformer& encoder() const { return encoder_; }
  const std::shared_ptr<ParameterStore>& parameters() const { return encoder_.parameters(); }

  /// What the head sees, [batch, width]. images: as for `VisionTransformer::embed`.
  at::Tensor features(const ops::Images& images, at::ScalarType compute,
                      const DropPath& drop_path = {}) const;
  /// The same of what the blocks give, [batch, 1 + patches, width].
  at::Tensor pooled(const at::Tensor& tokens) const;
  /// [batch, classes], float32.
  at::Tensor logits(const at::Tensor& features) const;

 private:
  ClassifierConfig config_;
  VisionTransformer encoder_;
};

}  // namespace dbot::nn
