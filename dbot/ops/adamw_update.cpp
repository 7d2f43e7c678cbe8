#include "dbot/ops/adamw_update.h"

#include "dbot/ops/adamw_update_paths.h"
#include "dbot/simd/kernel_level.h"

namespace dbot::ops {
namespace {

bool has_kernels(const at::Tensor& values) {
  return simd::kernel_level() != simd::KernelLevel::reference && values.is_cpu() &&
         values.scalar_type() == at::kFloat && values.is_contiguous();
}

}  // namespace

double sum_of_squares(const at::Tensor& values) {
  return has_kernels(values) ? sum_of_squares_cpu(values) : sum_of_squares_reference(values);
}

void adamw_update(const AdamWTensors& tensors, const AdamWOptions& options) {
  if (has_kernels(tensors.values) && has_kernels(tensors.gradients)) {
    adamw_update_cpu(tensors, options);
  } else {
    adamw_update_reference(tensors, options);
  }
}

}  // namespace dbot::ops
