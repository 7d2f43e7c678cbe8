#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "dbot/nn/vit/vision_transformer.h"

namespace dbot::nn {

struct MaskedEncoderConfig {
  EncoderConfig encoder;
  std::int64_t prediction_width = 512;  // p²·channels for pixels, the teacher's width for features
};

/// The symmetric student's start: normal draws of deviation 0.02 cut at ±0.02 for matrices, tokens
/// and the patch embedding, zero biases, and the last matrices of block l (from 1) divided by
/// sqrt(2l). The cls token has no weight decay. In official order and names: cls_token, mask_token,
/// the rest of the encoder, lm_head.*. docs/methods/dbot.md §8.
std::vector<ParameterSpec> masked_encoder_parameters(const MaskedEncoderConfig& config);

/// The symmetric student (BEiT's, arXiv 2106.08254): an encoder that sees all patches, a learned
/// token in place of the masked ones, and predicts through one matrix. docs/methods/dbot.md §8.
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
  /// [..., width] → [..., prediction width].
  at::Tensor predict(const at::Tensor& tokens, at::ScalarType compute) const;

 private:
  MaskedEncoderConfig config_;
  VisionTransformer encoder_;
};

}  // namespace dbot::nn
