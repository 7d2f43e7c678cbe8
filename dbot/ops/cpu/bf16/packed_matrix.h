#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

// Matrices as the project's products of bfloat16 read them (kernels/bf16/block_product.h).
namespace dbot::ops {

/// Whether these products are in use: the kernel level has them (kernel_level.h), or a test asked
/// for their emulation; and LibTorch was not chosen (matrix_product.h).
bool multiplies_bf16();

/// A right matrix [depth, columns], packed.
struct PackedMatrix {
  at::Tensor values;  // bfloat16 [groups of columns, values of a group]
  std::int64_t depth = 0, columns = 0;

  bool defined() const { return values.defined(); }
};

/// The right matrix of x · weightᵀ. weight: [outputs, inputs], contiguous, float32 or bfloat16.
PackedMatrix packed_weight(const at::Tensor& weight);

/// The right matrix of outer · weight, which gives the gradient of x; or, of x [rows, inputs], that
/// of outerᵀ · x, which gives the gradient of the weight.
PackedMatrix packed_rows(const at::Tensor& matrix);

}  // namespace dbot::ops
