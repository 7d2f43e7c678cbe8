#pragma once

#include <ATen/core/Tensor.h>

#include "dbot/ops/gpu/tensors.h"
#include "tests/ops/operation_table.h"

// Tensors as the arguments of kernels.
namespace dbot::ops::cuda {

using gpu::element_of;
using gpu::floats_of;
using gpu::indices_of;
using gpu::memory_of;

/// table_numbers in float32.
inline at::Tensor numbers(const std::vector<std::int64_t>& shape, std::uint64_t seed) {
  return table_numbers(shape, seed).to(at::kFloat);
}

}  // namespace dbot::ops::cuda
