#pragma once

#include <ATen/core/Tensor.h>

namespace dbot::objectives {

enum class LossKind { mse, smooth_l1, l1, l2, cosine };

struct LossConfig {
  LossKind kind = LossKind::smooth_l1;
  double beta = 2.0;         // of smooth_l1: d²/(2β) below β, |d| − β/2 above
  double cosine_eps = 1e-6;  // the least norm of cosine
};

/// Loss of each token, float32 [...]: mean over the last dimension of the elementwise loss; l2 is
/// the symmetric variant's name for mse; cosine is 1 − cos with each norm clamped from below.
/// dbot.md §5, §8.
at::Tensor token_loss(const at::Tensor& prediction, const at::Tensor& target,
                      const LossConfig& config);

/// Σ loss·mask / Σ mask over the batch. token_losses, mask: [batch, tokens].
at::Tensor masked_mean(const at::Tensor& token_losses, const at::Tensor& mask);

}  // namespace dbot::objectives
