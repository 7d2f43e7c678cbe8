#pragma once

#include <ATen/core/Tensor.h>

namespace dbot::methods {

/// Which tokens are predicted (cls is 0), and how much each counts in the loss.
struct LossTokens {
  at::Tensor rows;     // int64 [batch, tokens]; undefined: all, in order
  at::Tensor weights;  // float32 [batch, tokens], 0 or 1; undefined: all count
};

/// The tokens that the loss reads and no others: cls if wanted, then the masked patches, as many as
/// the sample with the most has; what that is too much for others counts nothing. mask: float32
/// [batch, patches], 1 where masked. Throws Error where there is nothing to predict.
LossTokens loss_tokens(const at::Tensor& mask, bool with_cls);

/// All tokens, of which the same count.
LossTokens all_tokens(const at::Tensor& mask, bool with_cls);

}  // namespace dbot::methods
