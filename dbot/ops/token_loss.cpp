#include "dbot/ops/token_loss.h"

#include <string>

#include "dbot/core/error.h"
#include "dbot/ops/token_loss_paths.h"
#include "dbot/simd/kernel_level.h"

namespace dbot::ops {
namespace {

bool has_kernels(const at::Tensor& values) {
  return values.is_cpu() && values.scalar_type() == at::kFloat;
}

std::string shape_text(const at::Tensor& values) {
  std::string text = "[";
  for (const std::int64_t side : values.sizes()) {
    text += (text.size() > 1 ? ", " : "") + std::to_string(side);
  }
  return text + "]";
}

}  // namespace

at::Tensor mean_token_loss(const at::Tensor& prediction, const at::Tensor& target,
                           const LossConfig& config, TargetScale scale) {
  if (prediction.sizes() != target.sizes() || prediction.numel() == 0) {
    throw Error("[loss] prediction and target are " + shape_text(prediction) + " and " +
                shape_text(target) + ", expected the same shape with at least one value");
  }
  return simd::kernel_level() != simd::KernelLevel::reference && has_kernels(prediction) &&
                 has_kernels(target)
             ? mean_token_loss_cpu(prediction, target, config, scale)
             : mean_token_loss_reference(prediction, target, config, scale);
}

}  // namespace dbot::ops
