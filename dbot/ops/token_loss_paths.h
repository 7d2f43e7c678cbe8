#pragma once

#include "dbot/ops/token_loss.h"

// The ways to compute the mean loss; `mean_token_loss` chooses.
namespace dbot::ops {

/// In plain ATen calls, differentiated by autograd.
at::Tensor mean_token_loss_reference(const at::Tensor& prediction, const at::Tensor& target,
                                     const LossConfig& config, TargetScale scale);

/// Target, loss and the prediction's gradient in one pass over float32 tensors.
at::Tensor mean_token_loss_cpu(const at::Tensor& prediction, const at::Tensor& target,
                               const LossConfig& config, TargetScale scale);

}  // namespace dbot::ops
