#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "dbot/nn/backbone.h"
#include "dbot/nn/clip/clip_positions.h"
#include "dbot/nn/clip/config.h"
#include "dbot/nn/drop_path.h"
#include "dbot/ops/clip_patches.h"
#include "dbot/ops/transformer_block.h"

namespace dbot::nn {

/// The encoder of MAE-ST. As a backbone it reads clips, or images, which it takes for clips in
/// which nothing moves: each is seen as often as a clip has frames. docs/methods/mae_st.md §3, §8.
class ClipEncoder : public Backbone {
 public:
  /// Takes its parameters from the store by name; the store may hold more (a decoder).
  ClipEncoder(const ClipConfig& config, std::shared_ptr<ParameterStore> parameters);

  const ClipConfig& config() const { return config_; }
  const std::shared_ptr<ParameterStore>& parameters() const override { return parameters_; }

  BackboneInput input() const override;
  /// The class token where there is one, and the mean of the clip's tokens, after the final norm.
  std::vector<std::string> feature_names() const override;
  /// inputs: "clips", float32 [batch, channels, frames, height, width], or else "images".
  runtime::NamedTensors features(const runtime::NamedTensors& inputs,
                                 at::ScalarType compute) const override;
  std::string describe() const override;

  /// Tokens without positions, float32 [batch, kept, width]. ids_keep: int64 [batch, kept], which
  /// tokens (step by step, row by row) to embed, in this order; undefined: all. Throws Error for
  /// clips of another size.
  at::Tensor embed_patches(const ops::Clips& clips, const at::Tensor& ids_keep = {}) const;
  /// Tokens before the first block, the class token first, [batch, prefix + kept, width].
  at::Tensor embed(const ops::Clips& clips, const at::Tensor& ids_keep = {}) const;
  /// What the blocks and the final norm make of them, of the same shape.
  at::Tensor encode(const at::Tensor& tokens, at::ScalarType compute,
                    const DropPath& drop_path = {}) const;
  /// Through the blocks alone.
  at::Tensor blocks(const at::Tensor& tokens, at::ScalarType compute,
                    const DropPath& drop_path = {}) const;
  at::Tensor norm(const at::Tensor& tokens) const;

  /// float32 [1, prefix + tokens, width].
  at::Tensor positions() const { return positions_.rows(*parameters_); }
  std::vector<ops::TransformerBlockWeights> block_weights() const;
  ops::TransformerBlockOptions block_options(at::ScalarType compute) const;

 private:
  ClipConfig config_;
  std::shared_ptr<ParameterStore> parameters_;
  ClipPositionTable positions_;
};

/// Clips [batch, channels, frames, height, width] in which nothing moves.
at::Tensor still_clips(const at::Tensor& images, std::int64_t frames);

}  // namespace dbot::nn
