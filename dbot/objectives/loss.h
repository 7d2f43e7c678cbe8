#pragma once

#include <ATen/core/Tensor.h>

#include "dbot/ops/token_loss.h"

namespace dbot::objectives {

using ops::LossConfig;
using ops::LossKind;
using ops::token_loss;

/// Σ loss·mask / Σ mask over the batch. token_losses, mask: [batch, tokens].
at::Tensor masked_mean(const at::Tensor& token_losses, const at::Tensor& mask);

}  // namespace dbot::objectives
