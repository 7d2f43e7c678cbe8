#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/smooth_l1_loss.h>
#include <ATen/ops/var.h>

#include "dbot/core/error.h"
#include "dbot/ops/backends.h"

namespace dbot::ops {
namespace {

at::Tensor unit_rows(const at::Tensor& rows, double eps) {
  return rows / at::linalg_vector_norm(rows, 2, {-1}, /*keepdim=*/true).clamp_min(eps);
}

}  // namespace

at::Tensor token_loss(const at::Tensor& prediction, const at::Tensor& target,
                      const LossConfig& config) {
  switch (config.kind) {
    case LossKind::mse:
    case LossKind::l2:
      return at::mse_loss(prediction, target, at::Reduction::None).mean(-1);
    case LossKind::smooth_l1:
      return at::smooth_l1_loss(prediction, target, at::Reduction::None, config.beta).mean(-1);
    case LossKind::l1:
      return at::l1_loss(prediction, target, at::Reduction::None).mean(-1);
    case LossKind::cosine:
      return 1.0 - (unit_rows(prediction, config.cosine_eps) * unit_rows(target, config.cosine_eps))
                       .sum(-1);
  }
  throw Error("[loss] unknown kind " + std::to_string(static_cast<int>(config.kind)));
}

at::Tensor standardise(const at::Tensor& values, double eps) {
  // Two passes, not one with running moments: a constant token then has the mean of the reference
  // to the last bit, and its rounding error is divided by sqrt(eps).
  const at::Tensor mean = at::mean(values, at::IntArrayRef{-1}, /*keepdim=*/true);
  const at::Tensor variance = at::var(values, at::IntArrayRef{-1}, 1, /*keepdim=*/true);
  return (values - mean) / (variance + eps).sqrt();
}

at::Tensor mean_token_loss_reference(const at::Tensor& prediction, const at::Tensor& target,
                                     const LossConfig& config, TargetScale scale) {
  const at::Tensor aim =
      scale == TargetScale::standardised ? standardise(target.detach()) : target.detach();
  return token_loss(prediction, aim, config).mean();
}

}  // namespace dbot::ops
