#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dbot/masking/random_mask.h"

namespace dbot::methods {

/// Which tokens are predicted (cls is 0), and how much each counts in the loss.
struct LossTokens {
  at::Tensor rows;     // int64 [batch, tokens]; undefined: all, in order
  at::Tensor weights;  // float32 [batch, tokens], 0 or 1; undefined: all count
};

/// The fewest and the most patches that are hidden in an image.
struct HiddenPatches {
  std::int64_t least = 0, most = 0;
};
/// Of the masks of a batch, float32 [batch, patches], 1 where hidden. Waits for a device.
HiddenPatches hidden_patches(const at::Tensor& mask);
/// Of masks that leave equally many visible: those that are kept say how many.
HiddenPatches hidden_patches(const masking::Mask& mask);
/// As the recipe says, of every mask that it draws.
HiddenPatches hidden_patches(const masking::MaskConfig& config, std::int64_t patches);

/// The tokens that the loss reads and no others: cls if wanted, then the masked patches, as many as
/// the sample with the most has; what that is too much for others counts nothing. mask: float32
/// [batch, patches], 1 where masked. Throws Error where there is nothing to predict.
LossTokens loss_tokens(const at::Tensor& mask, const HiddenPatches& hidden, bool with_cls);
/// The same of a mask that may be looked at.
LossTokens loss_tokens(const at::Tensor& mask, bool with_cls);

/// All tokens, of which the same count.
LossTokens all_tokens(const at::Tensor& mask, bool with_cls);

}  // namespace dbot::methods
