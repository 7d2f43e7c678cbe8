#pragma once

#include <ATen/core/Tensor.h>

#include <string_view>

// The matrix products of linear layers, forward and backward. They build no graph. float32 products
// on the CPU go through the project's kernels or LibTorch's library, whichever was chosen; those of
// bfloat16, too, where the kernel level has instructions for them (kernel_level.h); all other
// products through LibTorch.
namespace dbot::ops {

enum class ProductLibrary { own, libtorch };

std::string_view name(ProductLibrary library);
/// For this process: what multiplies matrices. `own` at first. Call while no operation
/// runs.
void use_product_library(ProductLibrary library);
ProductLibrary product_library();

/// x · weightᵀ + bias, [..., outputs]. x: [..., inputs], contiguous; weight: [outputs, inputs];
/// bias: [outputs] or undefined.
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// The gradient of x: outer · weight, [..., inputs]. outer: [..., outputs], contiguous.
at::Tensor linear_input_gradient(const at::Tensor& outer, const at::Tensor& weight);

/// Adds the gradient of the weight, outerᵀ · x summed over rows, to `gradient` [outputs, inputs],
/// float32; nothing where that is undefined.
void add_linear_weight_gradient(const at::Tensor& gradient, const at::Tensor& outer,
                                const at::Tensor& x);

}  // namespace dbot::ops
