#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "dbot/nn/clip/clip_encoder.h"

namespace dbot::nn {

/// MAE-ST: the encoder sees the visible tokens of a clip, a light decoder those and mask tokens in
/// place of all others, with a class token and positions of its own. docs/methods/mae_st.md §3, §4.
class ClipAutoencoder {
 public:
  ClipAutoencoder(const ClipConfig& config, std::shared_ptr<ParameterStore> parameters);

  const ClipConfig& config() const { return encoder_.config(); }
  const ClipEncoder& encoder() const { return encoder_; }
  const std::shared_ptr<ParameterStore>& parameters() const { return encoder_.parameters(); }

  /// The visible tokens after the final norm, [batch, kept, width], in `ids_keep`'s order; what the
  /// class token became is no part of it.
  at::Tensor encode(const ops::Clips& clips, const at::Tensor& ids_keep, at::ScalarType compute,
                    const DropPath& drop_path = {}) const;
  /// Predictions of all tokens, float32 [batch, tokens, frames·p·p·channels], in the clip's order.
  /// ids_restore: int64 [batch, tokens], place of each token in the shuffled order. rows: int64
  /// [batch, wanted], the tokens to predict; undefined: all.
  at::Tensor decode(const at::Tensor& latent, const at::Tensor& ids_restore, at::ScalarType compute,
                    const at::Tensor& rows = {}) const;

  /// The parts of `decode`: tokens before the first block, the class token first, positions added;
  /// the blocks.
  at::Tensor decoder_tokens(const at::Tensor& latent, const at::Tensor& ids_restore,
                            at::ScalarType compute) const;
  const std::vector<ops::TransformerBlockWeights>& decoder_blocks() const {
    return decoder_blocks_;
  }
  ops::TransformerBlockOptions decoder_options(at::ScalarType compute) const;

 private:
  ClipEncoder encoder_;
  std::vector<ops::TransformerBlockWeights> decoder_blocks_;
  ClipPositionTable positions_;
};

}  // namespace dbot::nn
