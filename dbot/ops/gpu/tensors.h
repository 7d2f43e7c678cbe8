#pragma once

#include <ATen/core/Tensor.h>

#include "dbot/ops/cuda/kernels.h"

// Tensors as the arguments of kernels. An undefined one is null: it stands for what is not there or
// not wanted.
namespace dbot::ops::gpu {

inline cuda::ElementType element_of(at::ScalarType type) {
  return type == at::kBFloat16 ? cuda::ElementType::bfloat16 : cuda::ElementType::float32;
}

inline cuda::ElementType element_of(const at::Tensor& tensor) {
  return element_of(tensor.scalar_type());
}

inline void* memory_of(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr() : nullptr;
}

inline float* floats_of(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr<float>() : nullptr;
}

inline const std::int64_t* indices_of(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<std::int64_t>() : nullptr;
}

inline at::Tensor contiguous(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.detach().contiguous() : tensor;
}

}  // namespace dbot::ops::gpu
