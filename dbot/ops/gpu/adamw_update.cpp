#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tensor.h>
#include <c10/core/GradMode.h>

#include "dbot/ops/backends.h"
#include "dbot/ops/gpu/kernels.h"
#include "dbot/ops/gpu/tensors.h"

namespace dbot::ops {

at::Tensor sum_of_squares_on_device_cuda(const at::Tensor& values) {
  const c10::NoGradGuard no_graph;
  const at::Tensor parts =
      at::empty({cuda::norm_chunks(values.numel())}, values.options().dtype(at::kDouble));
  gpu::Kernels(values.device())
      .run(&cuda::KernelTable::squares, cuda::Squares{.count = values.numel(),
                                                      .values = gpu::floats_of(values),
                                                      .sums = parts.mutable_data_ptr<double>()});
  return parts.sum();
}

void adamw_update_cuda(const AdamWTensors& tensors, const AdamWOptions& options,
                       const StepNumbers& numbers) {
  const c10::NoGradGuard no_graph;
  constexpr auto kFactorBytes = static_cast<std::int64_t>(sizeof(cuda::StepFactors));
  const at::Tensor factors = at::empty({kFactorBytes}, tensors.values.options().dtype(at::kByte));
  auto* const memory = static_cast<cuda::StepFactors*>(factors.mutable_data_ptr());
  const gpu::Kernels kernels(tensors.values.device());
  kernels.run(&cuda::KernelTable::prepare_update,
              cuda::PrepareUpdate{.rate = gpu::floats_of(numbers.learning_rate),
                                  .divisor = gpu::floats_of(numbers.gradient_divisor),
                                  .skipped = gpu::floats_of(numbers.skipped),
                                  .count = gpu::floats_of(numbers.count),
                                  .beta1 = options.beta1,
                                  .beta2 = options.beta2,
                                  .factors = memory});
  kernels.run(&cuda::KernelTable::adamw_update,
              cuda::AdamWUpdate{.count = tensors.values.numel(),
                                .values = gpu::floats_of(tensors.values),
                                .gradients = gpu::floats_of(tensors.gradients),
                                .exp_avg = gpu::floats_of(tensors.exp_avg),
                                .exp_avg_sq = gpu::floats_of(tensors.exp_avg_sq),
                                .beta1 = options.beta1,
                                .beta2 = options.beta2,
                                .eps = options.eps,
                                .weight_decay = options.weight_decay,
                                .decay_in_gradient = options.decay_in_gradient,
                                .factors = memory});
}

void adamw_update_cuda(const AdamWTensors& tensors, const AdamWOptions& options) {
  const at::Tensor numbers = at::tensor({options.learning_rate, 1 / options.gradient_scale, 0.0,
                                         static_cast<double>(options.step)},
                                        at::kFloat)
                                 .to(tensors.values.device());
  adamw_update_cuda(tensors, options,
                    {.learning_rate = numbers[0],
                     .gradient_divisor = numbers[1],
                     .skipped = numbers[2],
                     .count = numbers[3]});
}

}  // namespace dbot::ops
