#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <memory>
#include <span>
#include <vector>

#include "dbot/nn/vit/vision_transformer.h"
#include "dbot/objectives/target.h"
#include "dbot/objectives/teacher_config.h"

namespace dbot::objectives {

/// The network that such features come from: without its last matrix, unless that is wanted.
nn::EncoderConfig feature_network(const nn::EncoderConfig& config, const FeatureConfig& features);

/// Images of another size, float32; as they are where they have it already.
ops::Images resized_images(const ops::Images& images, core::Size size, ImageResize how);

/// The frozen network whose features the student predicts. Never builds a graph and keeps its own
/// low-precision copies of the matrices. Used by one thread at a time. docs/methods/dbot.md §3.
class Teacher {
 public:
  /// Freezes the parameters, of which the last matrix may be there without need. Throws Error if
  /// there are fewer blocks than `features` wants.
  Teacher(const nn::EncoderConfig& config, std::shared_ptr<nn::ParameterStore> parameters,
          const FeatureConfig& features);

  /// Of the network that gives the features: its output width is theirs.
  const nn::EncoderConfig& config() const { return network_.config(); }
  const nn::ParameterStore& parameters() const { return *network_.parameters(); }

  /// Features of all tokens, cls first, float32 [batch, 1 + patches, output width]. images: resized
  /// to the teacher's input size if theirs differs. rows: int64 [batch, wanted], the tokens of the
  /// result; undefined: all. Registers are no part of it; where the network has no class token, the
  /// mean of the patches stands in its row.
  at::Tensor features(const ops::Images& images, at::ScalarType compute,
                      Normalisation normalisation, const at::Tensor& rows = {}) const;

 private:
  std::span<const ops::TransformerBlockWeights> weights(at::ScalarType compute) const;
  std::int64_t averaged_blocks() const;
  /// Rows among the network's own tokens for rows of the result.
  at::Tensor own_rows(const at::Tensor& rows) const;
  at::Tensor mean_of_blocks(at::Tensor tokens, at::ScalarType compute,
                            const at::Tensor& rows) const;
  at::Tensor finished(const at::Tensor& tokens, at::ScalarType compute,
                      const at::Tensor& rows) const;

  nn::VisionTransformer network_;
  FeatureConfig features_;
  // Copies in `copies_type_`, made when first asked for and again when the parameters change.
  mutable std::vector<ops::TransformerBlockWeights> copies_;
  mutable at::ScalarType copies_type_ = at::kFloat;
  mutable std::int64_t copies_revision_ = -1;
};

/// The teacher's input size that gives `student`'s token grid with the teacher's patch size, the
/// rule of docs/methods/dbot.md §3 (patch 14 at 196 px and patch 16 at 224 px are both 14×14).
core::Size matching_image_size(const nn::EncoderConfig& student, std::int64_t teacher_patch_size);

}  // namespace dbot::objectives
