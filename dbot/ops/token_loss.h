#pragma once

#include <ATen/core/Tensor.h>

namespace dbot::ops {

enum class LossKind { mse, smooth_l1, l1, l2, cosine };

struct LossConfig {
  LossKind kind = LossKind::smooth_l1;
  double beta = 2.0;         // of smooth_l1: d²/(2β) below β, |d| − β/2 above
  double cosine_eps = 1e-6;  // the least norm of cosine
};

/// Loss of each token, float32 [...]: mean over the last dimension of the elementwise loss; l2 is
/// the symmetric variant's name for mse; cosine is 1 − cos with each norm clamped from below.
/// docs/methods/dbot.md §5, §8.
at::Tensor token_loss(const at::Tensor& prediction, const at::Tensor& target,
                      const LossConfig& config);

/// (t − mean)/sqrt(variance + eps) over the last dimension, variance with divisor n − 1.
/// docs/methods/dbot.md §3, docs/methods/mae.md §4.
at::Tensor standardise(const at::Tensor& values, double eps = 1e-6);

enum class TargetScale { as_it_is, standardised };

/// The mean of token_loss over all tokens, where the target may have to be standardised first: a
/// scalar, differentiable in the prediction, once; the target gets no gradient. Both: [..., width].
/// Sums have fixed places: the number of threads changes no bit.
at::Tensor mean_token_loss(const at::Tensor& prediction, const at::Tensor& target,
                           const LossConfig& config, TargetScale scale);

}  // namespace dbot::ops
