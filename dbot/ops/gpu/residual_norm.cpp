#include "dbot/ops/gpu/residual_norm.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include "dbot/ops/gpu/tensors.h"

namespace dbot::ops::gpu {
namespace {

cuda::ResidualNorm of_rows(const at::Tensor& x) {
  return {
      .rows = x.numel() / x.size(-1), .width = x.size(-1), .tokens = x.size(1), .x = floats_of(x)};
}

void add(cuda::ResidualNorm& a, const Branch& branch, const at::Tensor& total) {
  a.branch = memory_of(branch.values);
  a.branch_scale = floats_of(branch.scale);
  a.layer_scale = floats_of(branch.gain);
  a.element = element_of(branch.values);
  a.total = floats_of(total);
}

void norm_into(cuda::ResidualNorm& a, const Norm& norm, const Normed& result) {
  a.weight = floats_of(norm.weight);
  a.bias = floats_of(norm.bias);
  a.eps = norm.eps;
  a.element = element_of(result.values);
  a.normed = memory_of(result.values);
  a.mean = floats_of(result.mean);
  a.inverse = floats_of(result.inverse);
}

Normed room_for(const at::Tensor& total, at::ScalarType type) {
  const std::int64_t rows = total.numel() / total.size(-1);
  return {.total = total,
          .values = at::empty_like(total, type),
          .mean = at::empty({rows}, total.options()),
          .inverse = at::empty({rows}, total.options())};
}

cuda::ResidualNormBackward of_gradient(const at::Tensor& outer) {
  return {.rows = outer.numel() / outer.size(-1),
          .width = outer.size(-1),
          .tokens = outer.size(1),
          .outer = floats_of(outer)};
}

void add(cuda::ResidualNormBackward& a, const Branch& branch, const at::Tensor& gradient) {
  a.branch = memory_of(branch.values);
  a.branch_scale = floats_of(branch.scale);
  a.layer_scale = floats_of(branch.gain);
  a.branch_gradient = memory_of(gradient);
}

void run(const Kernels& kernels, cuda::ResidualNormBackward& a, const RowSums& sums,
         const at::TensorOptions& options) {
  const at::Tensor workspace = at::empty({cuda::column_workspace(a.rows, 4 * a.width)}, options);
  a.workspace = floats_of(workspace);
  a.weight_gradient = floats_of(sums.norm_weight);
  a.bias_gradient = floats_of(sums.norm_bias);
  a.branch_sum = floats_of(sums.branch);
  a.layer_scale_gradient = floats_of(sums.gain);
  kernels.run(&cuda::KernelTable::residual_norm_backward, a);
}

}  // namespace

Normed normed(const Kernels& kernels, const at::Tensor& x, const Norm& norm, at::ScalarType type) {
  Normed result = room_for(x, type);
  cuda::ResidualNorm a = of_rows(x);
  norm_into(a, norm, result);
  kernels.run(&cuda::KernelTable::residual_norm, a);
  return result;
}

Normed added_normed(const Kernels& kernels, const at::Tensor& x, const Branch& branch,
                    const Norm& norm) {
  Normed result = room_for(at::empty_like(x), branch.values.scalar_type());
  cuda::ResidualNorm a = of_rows(x);
  add(a, branch, result.total);
  norm_into(a, norm, result);
  kernels.run(&cuda::KernelTable::residual_norm, a);
  return result;
}

at::Tensor added(const Kernels& kernels, const at::Tensor& x, const Branch& branch) {
  at::Tensor total = at::empty_like(x);
  cuda::ResidualNorm a = of_rows(x);
  add(a, branch, total);
  kernels.run(&cuda::KernelTable::residual_norm, a);
  return total;
}

StreamGradients normed_gradients(const Kernels& kernels, const Normed& result,
                                 const at::Tensor& weight, const at::Tensor& normed_gradient,
                                 const at::Tensor& outer, const Branch* branch,
                                 const RowSums& sums) {
  StreamGradients found{at::empty_like(outer), {}};
  cuda::ResidualNormBackward a = of_gradient(outer);
  a.normed_gradient = memory_of(normed_gradient);
  a.total = floats_of(result.total);
  a.mean = floats_of(result.mean);
  a.inverse = floats_of(result.inverse);
  a.weight = floats_of(weight);
  a.element = element_of(normed_gradient);
  a.total_gradient = floats_of(found.stream);
  if (branch != nullptr) {
    found.branch = at::empty_like(normed_gradient);
    add(a, *branch, found.branch);
  }
  run(kernels, a, sums, outer.options());
  return found;
}

at::Tensor branch_gradient(const Kernels& kernels, const at::Tensor& outer, const Branch& branch,
                           at::ScalarType type, const RowSums& sums) {
  at::Tensor gradient = at::empty_like(outer, type);
  cuda::ResidualNormBackward a = of_gradient(outer);
  a.element = element_of(type);
  a.total_gradient = floats_of(outer);  // the same values
  add(a, branch, gradient);
  run(kernels, a, sums, outer.options());
  return gradient;
}

}  // namespace dbot::ops::gpu
