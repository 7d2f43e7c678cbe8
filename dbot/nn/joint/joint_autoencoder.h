#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "dbot/nn/joint/config.h"
#include "dbot/nn/joint/joint_encoder.h"
#include "dbot/nn/joint/joint_parameters.h"
#include "dbot/ops/transformer_block.h"

namespace dbot::nn {

/// What the decoder is told of an input beside its latents: where each of the tokens belongs.
struct JointPlaces {
  at::Tensor image_restore;  // int64 [batch, patches], place of each in the shuffled order
  at::Tensor text_restore;   // int64 [batch, length]; either undefined: there is no such modality
  at::Tensor text_padding;   // float32 [batch, length], 1: padded; defined where the text is
};

/// Which tokens are predicted, int64 [batch, wanted], numbers of patches and of text tokens.
struct JointRows {
  at::Tensor image, text;  // undefined: all
};

/// Decoded tokens after the decoder's norm, float32 [batch, wanted, decoder width]; undefined where
/// there is no such modality.
struct JointDecoded {
  at::Tensor image, text;
};

/// M3AE: the encoder sees the visible tokens of both modalities, the decoder those and mask tokens
/// in place of all others. docs/methods/m3ae.md §2–4.
class JointAutoencoder {
 public:
  JointAutoencoder(const JointConfig& config, std::shared_ptr<ParameterStore> parameters);

  const JointConfig& config() const { return encoder_.config(); }
  const JointEncoder& encoder() const { return encoder_; }
  const std::shared_ptr<ParameterStore>& parameters() const { return encoder_.parameters(); }

  /// latent: what the encoder made of `visible`, [batch, 1 + visible tokens, width].
  JointDecoded decode(const JointTokens& visible, const at::Tensor& latent,
                      const JointPlaces& places, at::ScalarType compute,
                      const DropPath& drop_path = {}, const JointRows& rows = {}) const;
  /// The decoder's tokens before its first block.
  JointTokens decoder_tokens(const JointTokens& visible, const at::Tensor& latent,
                             const JointPlaces& places, at::ScalarType compute) const;

  /// Values of patches [..., p·p·channels] and logits of text tokens [..., vocabulary] of decoded
  /// tokens [..., decoder width], float32.
  at::Tensor predict_image(const at::Tensor& decoded, at::ScalarType compute) const;
  at::Tensor predict_text(const at::Tensor& decoded, at::ScalarType compute) const;

 private:
  /// The class token and all patches, or the class token alone.
  at::Tensor place_image(const JointTokens& visible, const at::Tensor& embedded,
                         const JointPlaces& places) const;
  at::Tensor place_text(const JointTokens& visible, const at::Tensor& embedded,
                        const JointPlaces& places) const;
  at::Tensor typed(const at::Tensor& tokens, const char* type) const;

  JointEncoder encoder_;
  std::vector<ops::TransformerBlockWeights> decoder_blocks_;
  at::Tensor image_table_;  // float32 [1, 1 + patches, decoder width], zeros for the class token
  at::Tensor text_table_;   // float32 [1, length, decoder width]
};

}  // namespace dbot::nn
