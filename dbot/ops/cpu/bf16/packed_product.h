#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/BFloat16.h>

#include <cstdint>

#include "dbot/ops/cpu/bf16/packed_matrix.h"
#include "dbot/ops/cpu/kernels/bf16/block_results.h"

// Products with packed matrices, divided over the threads, and what is made of their results on the
// way. Every element is one sum in a fixed order; so are the sums of columns. Neither the number of
// threads nor what else is computed changes a bit.
namespace dbot::ops {

/// The left matrix [rows, depth].
struct LeftMatrix {
  const c10::BFloat16* data = nullptr;
  std::int64_t rows = 0;
  std::int64_t row = 0;     // from one row to the next
  bool transposed = false;  // [depth, rows] lies in memory, and `row` is from one step to the next
};

/// left · right, with `results` made of it. column_sums: float32 [columns], to which the columns of
/// a gradient are added; undefined: not wanted.
void multiply_packed(const LeftMatrix& left, const PackedMatrix& right, const Results& results,
                     const at::Tensor& column_sums = {});

// ---- Linear layers. x: bfloat16 [..., inputs], contiguous. ----

/// x · weightᵀ + bias, from packed_weight(weight). bias: float32 or undefined.
at::Tensor packed_linear(const at::Tensor& x, const PackedMatrix& weight, const at::Tensor& bias);

/// The gradient of x, from packed_rows(weight).
at::Tensor packed_input_gradient(const at::Tensor& outer, const PackedMatrix& weight);

/// Adds outerᵀ · x, summed over rows, to `gradient` [outputs, inputs], float32, contiguous.
void add_packed_weight_gradient(const at::Tensor& gradient, const at::Tensor& outer,
                                const at::Tensor& x);

struct ActivatedLinear {
  at::Tensor activated;
  at::Tensor hidden;  // before the activation, where it is wanted
};

/// The activation of x · weightᵀ + bias.
ActivatedLinear packed_activated(const at::Tensor& x, const PackedMatrix& weight,
                                 const at::Tensor& bias, ResultKind activation, bool with_hidden);

struct ActivatedGradient {
  at::Tensor gradient;   // of `hidden`
  at::Tensor activated;  // once more
};

/// The gradient of `hidden` where y = activation(hidden) · weightᵀ, from packed_rows(weight). Its
/// sum over rows is added to bias_gradient, where defined.
ActivatedGradient packed_activated_gradient(const at::Tensor& outer, const PackedMatrix& weight,
                                            const at::Tensor& hidden, ResultKind backward,
                                            const at::Tensor& bias_gradient);

/// residual + scale · (x · weightᵀ + bias), float32 [batch, tokens, outputs]. scale: float32
/// [batch], undefined: 1.
at::Tensor packed_added(const at::Tensor& residual, const at::Tensor& x, const PackedMatrix& weight,
                        const at::Tensor& bias, const at::Tensor& scale);

}  // namespace dbot::ops
