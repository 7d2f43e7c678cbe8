#include "dbot/ops/adamw_update.h"

#include "dbot/ops/backends.h"

namespace dbot::ops {
namespace {

bool has_kernels(const at::Tensor& values) {
  return values.scalar_type() == at::kFloat && values.is_contiguous();
}

Backend backend_of_flat(const at::Tensor& values) {
  return has_kernels(values) ? backend_of({values}) : Backend::reference;
}

Backend backend_of_update(const AdamWTensors& tensors) {
  const bool kernels = has_kernels(tensors.values) && has_kernels(tensors.gradients);
  return kernels ? backend_of({tensors.values, tensors.gradients}) : Backend::reference;
}

}  // namespace

double sum_of_squares(const at::Tensor& values) {
  switch (backend_of_flat(values)) {
    case Backend::cpu:
      return sum_of_squares_cpu(values);
    case Backend::cuda:
      return sum_of_squares_on_device_cuda(values).item<double>();
    case Backend::reference:
      break;
  }
  return sum_of_squares_reference(values);
}

at::Tensor sum_of_squares_on_device(const at::Tensor& values) {
  return backend_of_flat(values) == Backend::cuda ? sum_of_squares_on_device_cuda(values)
                                                  : sum_of_squares_on_device_reference(values);
}

void adamw_update(const AdamWTensors& tensors, const AdamWOptions& options,
                  const StepNumbers& numbers) {
  if (backend_of_update(tensors) == Backend::cuda) {
    return adamw_update_cuda(tensors, options, numbers);
  }
  adamw_update_reference(tensors, options, numbers);
}

void adamw_update(const AdamWTensors& tensors, const AdamWOptions& options) {
  switch (backend_of_update(tensors)) {
    case Backend::cpu:
      return adamw_update_cpu(tensors, options);
    case Backend::cuda:
      return adamw_update_cuda(tensors, options);
    case Backend::reference:
      return adamw_update_reference(tensors, options);
  }
}

}  // namespace dbot::ops
