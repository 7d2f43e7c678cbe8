#include "tests/ops/operation_table.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>

namespace dbot::ops {

at::Tensor table_numbers(const std::vector<std::int64_t>& shape, std::uint64_t seed, double size) {
  return at::randn(shape, at::make_generator<at::CPUGeneratorImpl>(seed), at::kDouble) * size;
}

Tensors leaves_of(const Tensors& inputs) {
  Tensors leaves;
  for (const at::Tensor& input : inputs) {
    leaves.push_back(input.detach().clone().requires_grad_(true));
  }
  return leaves;
}

Outcome differentiated(const at::Tensor& result, const at::Tensor& outer, const Tensors& leaves) {
  result.backward(outer);
  Outcome outcome{result.detach(), {}};
  for (const at::Tensor& leaf : leaves) outcome.gradients.push_back(leaf.grad());
  return outcome;
}

}  // namespace dbot::ops
