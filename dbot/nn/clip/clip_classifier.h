#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "dbot/nn/clip/clip_encoder.h"
#include "dbot/nn/vit/classifier.h"

namespace dbot::nn {

struct ClipClassifierConfig {
  ClipConfig clip;  // its decoder is no part of it
  std::int64_t classes = 400;
  HeadStart head_start = {.deviation = 2e-5, .truncated = true};
};

/// The encoder's parameters, then head.*. Vectors, the class token and tables of positions have no
/// weight decay. docs/methods/mae_st.md §8.
std::vector<ParameterSpec> clip_classifier_parameters(const ClipClassifierConfig& config);

/// An encoder of clips with a linear head behind the mean of all tokens but the class token, and
/// `norm` between the two. docs/methods/mae_st.md §8.
class ClipClassifier {
 public:
  ClipClassifier(const ClipClassifierConfig& config, std::shared_ptr<ParameterStore> parameters);

  const ClipEncoder& encoder() const { return encoder_; }
  const std::shared_ptr<ParameterStore>& parameters() const { return encoder_.parameters(); }

  /// What the head sees, float32 [batch, width]. clips: as for `ClipEncoder::embed`.
  at::Tensor features(const ops::Clips& clips, at::ScalarType compute,
                      const DropPath& drop_path = {}) const;
  /// The same of the tokens behind the last block.
  at::Tensor pooled(const at::Tensor& tokens) const;
  /// [batch, classes], float32.
  at::Tensor logits(const at::Tensor& features) const;

 private:
  ClipEncoder encoder_;
};

}  // namespace dbot::nn
