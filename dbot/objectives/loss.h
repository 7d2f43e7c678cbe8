#pragma once

#include <ATen/core/Tensor.h>

#include "dbot/ops/token_loss.h"

namespace dbot::objectives {

using ops::LossConfig;
using ops::LossKind;
using ops::token_loss;

/// Cross entropy of each token with the number that it should be, float32 [...]: −log softmax at
/// the id. logits: [..., vocabulary]; ids: int64 [...]. Masked and averaged by `masked_mean` it is
/// BEiT's loss (arXiv 2106.08254, section 2.3). Throws Error for shapes that do not fit.
at::Tensor token_id_loss(const at::Tensor& logits, const at::Tensor& ids);

/// Σ loss·mask / Σ mask over the batch. token_losses, mask: [batch, tokens]. Throws Error for a
/// mask on the host in which nothing counts; one on a device is not looked at, and gives not a
/// number.
at::Tensor masked_mean(const at::Tensor& token_losses, const at::Tensor& mask);

}  // namespace dbot::objectives
