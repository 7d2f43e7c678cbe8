#include "dbot/objectives/loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Reduction.h>
#include <ATen/ops/l1_loss.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/smooth_l1_loss.h>

#include "dbot/core/error.h"

namespace dbot::objectives {
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

at::Tensor masked_mean(const at::Tensor& token_losses, const at::Tensor& mask) {
  return (token_losses * mask).sum() / mask.sum();
}

}  // namespace dbot::objectives
