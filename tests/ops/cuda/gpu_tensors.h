#pragma once

#include <ATen/core/Tensor.h>

#include "dbot/ops/cuda/kernels.h"
#include "tests/ops/operation_table.h"

// Tensors as the arguments of kernels.
namespace dbot::ops::cuda {

/// table_numbers in float32.
inline at::Tensor numbers(const std::vector<std::int64_t>& shape, std::uint64_t seed) {
  return table_numbers(shape, seed).to(at::kFloat);
}

inline ElementType element_of(const at::Tensor& tensor) {
  return tensor.scalar_type() == at::kBFloat16 ? ElementType::bfloat16 : ElementType::float32;
}

/// Null for an undefined tensor, which stands for what is not wanted.
inline void* memory_of(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr() : nullptr;
}

inline float* floats_of(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr<float>() : nullptr;
}

inline const std::int64_t* indices_of(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<std::int64_t>() : nullptr;
}

}  // namespace dbot::ops::cuda
