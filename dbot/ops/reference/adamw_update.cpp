#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <optional>

#include "dbot/ops/backends.h"

namespace dbot::ops {

at::Tensor sum_of_squares_on_device_reference(const at::Tensor& values) {
  // float32 over short rows, float64 over the rows, so that the result neither drifts with the
  // length nor depends on how many there are.
  constexpr std::int64_t kRow = 4096;
  const std::int64_t whole = values.numel() / kRow * kRow;
  at::Tensor sum = at::zeros({}, values.options().dtype(at::kDouble));
  const auto add = [&sum](const at::Tensor& rows) {
    sum.add_(
        at::linalg_vector_norm(at::linalg_vector_norm(rows, 2, {1}).to(at::kDouble), 2).square());
  };
  const c10::NoGradGuard no_graph;
  if (whole > 0) add(values.narrow(0, 0, whole).view({-1, kRow}));
  if (whole < values.numel()) add(values.slice(0, whole).view({1, -1}));
  return sum;
}

double sum_of_squares_reference(const at::Tensor& values) {
  return sum_of_squares_on_device_reference(values).item<double>();
}

void adamw_update_reference(const AdamWTensors& tensors, const AdamWOptions& options,
                            const StepNumbers& numbers) {
  const c10::NoGradGuard no_graph;
  std::optional<at::Tensor> divisor;
  if (numbers.gradient_divisor.defined()) divisor = numbers.gradient_divisor;
  const at::Tensor values[] = {tensors.values}, gradients[] = {tensors.gradients};
  const at::Tensor exp_avg[] = {tensors.exp_avg}, exp_avg_sq[] = {tensors.exp_avg_sq};
  const at::Tensor counts[] = {numbers.count};
  const auto update = [&](const auto& fused) {
    fused(values, gradients, exp_avg, exp_avg_sq, at::TensorList(), counts, numbers.learning_rate,
          options.beta1, options.beta2, options.weight_decay, options.eps, /*amsgrad=*/false,
          /*maximize=*/false, divisor, numbers.skipped);
  };
  if (options.decay_in_gradient) {
    update([](const auto&... arguments) { at::_fused_adam_(arguments...); });
  } else {
    update([](const auto&... arguments) { at::_fused_adamw_(arguments...); });
  }
  tensors.gradients.zero_();
}

void adamw_update_reference(const AdamWTensors& tensors, const AdamWOptions& options) {
  const c10::NoGradGuard no_graph;
  // The fused kernel counts in a float tensor of its own and divides gradients by its scale.
  const at::Tensor count = at::scalar_tensor(static_cast<double>(options.step), at::kFloat);
  std::optional<at::Tensor> divisor;
  if (options.gradient_scale != 1.0) {
    divisor = at::scalar_tensor(1.0 / options.gradient_scale, at::kFloat);
  }
  const at::Tensor values[] = {tensors.values}, gradients[] = {tensors.gradients};
  const at::Tensor exp_avg[] = {tensors.exp_avg}, exp_avg_sq[] = {tensors.exp_avg_sq};
  const at::Tensor counts[] = {count};
  if (options.decay_in_gradient) {
    at::_fused_adam_(values, gradients, exp_avg, exp_avg_sq, {}, counts, options.learning_rate,
                     options.beta1, options.beta2, options.weight_decay, options.eps,
                     /*amsgrad=*/false, /*maximize=*/false, divisor);
  } else {
    at::_fused_adamw_(values, gradients, exp_avg, exp_avg_sq, {}, counts, options.learning_rate,
                      options.beta1, options.beta2, options.weight_decay, options.eps,
                      /*amsgrad=*/false, /*maximize=*/false, divisor);
  }
  tensors.gradients.zero_();
}

}  // namespace dbot::ops
