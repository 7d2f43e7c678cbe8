#include "dbot/ops/adamw_update.h"

#include "dbot/ops/backends.h"

namespace dbot::ops {
namespace {

bool has_kernels(const at::Tensor& values) {
  return values.scalar_type() == at::kFloat && values.is_contiguous();
}

}  // namespace

double sum_of_squares(const at::Tensor& values) {
  switch (has_kernels(values) ? backend_of({values}) : Backend::reference) {
    case Backend::cpu:
      return sum_of_squares_cpu(values);
    case Backend::cuda:
      return sum_of_squares_cuda(values);
    case Backend::reference:
      break;
  }
  return sum_of_squares_reference(values);
}

at::Tensor sum_of_squares_on_device(const at::Tensor& values) {
  return sum_of_squares_on_device_reference(values);
}

void adamw_update(const AdamWTensors& tensors, const AdamWOptions& options,
                  const StepNumbers& numbers) {
  adamw_update_reference(tensors, options, numbers);
}

void adamw_update(const AdamWTensors& tensors, const AdamWOptions& options) {
  const bool kernels = has_kernels(tensors.values) && has_kernels(tensors.gradients);
  switch (kernels ? backend_of({tensors.values, tensors.gradients}) : Backend::reference) {
    case Backend::cpu:
      return adamw_update_cpu(tensors, options);
    case Backend::cuda:
      return adamw_update_cuda(tensors, options);
    case Backend::reference:
      return adamw_update_reference(tensors, options);
  }
}

}  // namespace dbot::ops
