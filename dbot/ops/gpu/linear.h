#pragma once

#include <ATen/core/Tensor.h>

#include "dbot/ops/gpu/kernels.h"

// The matrix products of linear layers on a GPU, forward and backward, with what may follow a
// product on its way out. They build no graph. All matrices are contiguous, row by row; what the
// table's library has no way for goes through LibTorch.
namespace dbot::ops::gpu {

enum class LinearEnding { plain, tanh_gelu };

/// x · weightᵀ + bias, [..., outputs], in x's type, and GELU by tanh where asked for. x: [...,
/// inputs]; weight: [outputs, inputs] and bias: [outputs] in the same type.
at::Tensor linear(const Kernels& kernels, const at::Tensor& x, const at::Tensor& weight,
                  const at::Tensor& bias, LinearEnding ending = LinearEnding::plain);

/// The gradient of x: outer · weight, [..., inputs]. outer: [..., outputs].
at::Tensor linear_input_gradient(const Kernels& kernels, const at::Tensor& outer,
                                 const at::Tensor& weight);

/// Adds the gradient of the weight, outerᵀ · x summed over rows, to `gradient` [outputs, inputs],
/// float32; nothing where that is undefined.
void add_linear_weight_gradient(const Kernels& kernels, const at::Tensor& gradient,
                                const at::Tensor& outer, const at::Tensor& x);

}  // namespace dbot::ops::gpu
