#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dbot/nn/vit/vision_transformer.h"

namespace dbot::nn {

struct MaskedEncoderConfig {
  EncoderConfig encoder;
  std::int64_t prediction_width = 512;  // p²·channels for pixels, the teacher's width for features
  /// A small stack of blocks over all tokens before the last matrix; none: the matrix alone.
  std::optional<DecoderConfig> decoder = {};
  bool learned_positions = false;  // position tables are trained, where there are any
};

/// The start of BEiT's networks: normal draws of deviation 0.02 cut at ±0.02 for matrices, tokens
/// and the patch embedding, zero biases, and the last matrices of block l (from 1) divided by
/// sqrt(2l). Whatever is not drawn stays as it is.
void start_as_symmetric(std::vector<ParameterSpec>& specs);

/// The symmetric student's, with that start. cls token and learned position tables have no weight
/// decay. In official order and names: cls_token, mask_token, the rest of the encoder, lm_head.*.
/// docs/methods/dbot.md §8. With a decoder decoder_embed.*, decoder_pos_embed, decoder_blocks.N.*,
/// decoder_norm.* stand before the last; docs/methods/maskdistill.md §5.
std::vector<ParameterSpec> masked_encoder_parameters(const MaskedEncoderConfig& config);

/// The symmetric student (BEiT's, arXiv 2106.08254): an encoder that sees all patches, a learned
/// token in place of the masked ones, and predicts through one matrix, or through a decoder before
/// it. docs/methods/dbot.md §8.
class MaskedEncoder {
 public:
  MaskedEncoder(const MaskedEncoderConfig& config, std::shared_ptr<ParameterStore> parameters);

  const MaskedEncoderConfig& config() const { return config_; }
  const VisionTransformer& encoder() const { return encoder_; }
  const std::shared_ptr<ParameterStore>& parameters() const { return encoder_.parameters(); }

  /// Tokens before the first block, cls first, [batch, 1 + patches, width]. images: as for
  /// `VisionTransformer::embed`; mask: [batch, patches], 1 where a patch is hidden.
  at::Tensor embed(const ops::Images& images, const at::Tensor& mask) const;
  /// Tokens after the final norm; rows: int64 [batch, wanted], which; undefined: all.
  at::Tensor encode(const ops::Images& images, const at::Tensor& mask, at::ScalarType compute,
                    const DropPath& drop_path = {}, const at::Tensor& rows = {}) const;
  /// Predictions from what `encode` gave, float32. Without a decoder of any tokens, [..., width] →
  /// [..., prediction width]. With one of all, [batch, 1 + patches, width]; rows: int64 [batch,
  /// wanted], those of the result; undefined: all.
  at::Tensor predict(const at::Tensor& tokens, at::ScalarType compute,
                     const DropPath& drop_path = {}, const at::Tensor& rows = {}) const;

  /// The parts of a decoder's `predict`: the tokens before its first block, and its blocks.
  at::Tensor decoder_tokens(const at::Tensor& tokens, at::ScalarType compute) const;
  const std::vector<ops::TransformerBlockWeights>& decoder_blocks() const {
    return decoder_blocks_;
  }
  ops::TransformerBlockOptions decoder_options(at::ScalarType compute) const;

 private:
  MaskedEncoderConfig config_;
  VisionTransformer encoder_;
  std::vector<ops::TransformerBlockWeights> decoder_blocks_;
};

}  // namespace dbot::nn
