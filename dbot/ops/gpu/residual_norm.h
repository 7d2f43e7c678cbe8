#pragma once

#include <ATen/core/Tensor.h>

#include "dbot/ops/gpu/kernels.h"

// A residual addition with the LayerNorm behind it, and both gradients, each in one pass. Rows:
// [batch, tokens, width], contiguous; the stream is float32.
namespace dbot::ops::gpu {

/// x += scale · gain · values.
struct Branch {
  at::Tensor values;  // in the type of the products
  at::Tensor scale;   // float32 [batch]; undefined: 1
  at::Tensor gain;    // float32 [width]; undefined: 1
};

struct Norm {
  const at::Tensor &weight, &bias;  // float32 [width]
  double eps;
};

/// The stream, and its norm with what the backward pass reads.
struct Normed {
  at::Tensor total, values;
  at::Tensor mean, inverse;  // [batch · tokens]
};

/// LayerNorm in `type`; `total` is x itself.
Normed normed(const Kernels& kernels, const at::Tensor& x, const Norm& norm, at::ScalarType type);
/// The sum with a branch, in a new tensor, and its LayerNorm in the branch's type.
Normed added_normed(const Kernels& kernels, const at::Tensor& x, const Branch& branch,
                    const Norm& norm);
/// The sum alone.
at::Tensor added(const Kernels& kernels, const at::Tensor& x, const Branch& branch);

/// Where sums over rows are added, float32 [width]; undefined: not wanted.
struct RowSums {
  at::Tensor norm_weight = {}, norm_bias = {};
  at::Tensor branch = {};  // of the branch's gradient: the gradient of the last bias in it
  at::Tensor gain = {};    // needs the branch's values
};

struct StreamGradients {
  at::Tensor stream;  // of x
  at::Tensor branch;  // in `type`; undefined without a branch
};

/// Through the norm to what lies before the addition. outer: what comes to the total otherwise.
/// branch: null where there is none; its values may be undefined but for a gradient of the gain.
StreamGradients normed_gradients(const Kernels& kernels, const Normed& result,
                                 const at::Tensor& weight, const at::Tensor& normed_gradient,
                                 const at::Tensor& outer, const Branch* branch,
                                 const RowSums& sums);
/// Of `added`: that of the stream is `outer`.
at::Tensor branch_gradient(const Kernels& kernels, const at::Tensor& outer, const Branch& branch,
                           at::ScalarType type, const RowSums& sums);

}  // namespace dbot::ops::gpu
