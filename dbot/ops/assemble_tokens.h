#pragma once

#include <ATen/core/Tensor.h>

namespace dbot::ops {

/// Where each token of a sequence comes from, int64 [batch, tokens]; one row for all samples will
/// do.
struct TokenPlan {
  at::Tensor sources;    // a row of the sample's own tokens, or −1: the shared token
  at::Tensor positions;  // a row of the position table; undefined: 0, 1, 2, …
};

/// The tokens that a stack of blocks begins with: the sample's own ones at their places, the shared
/// token (cls or mask) everywhere else, and the position table added: float32 [batch, tokens,
/// width]. own: [batch, count, width], float32 or bfloat16; shared: [1, 1, width]; table: [1, rows,
/// width]. No row of `own` is used twice. Differentiable; sums have fixed places, so the number of
/// threads changes no bit of a gradient. Throws Error for a plan that points outside.
/// docs/methods/mae.md §1.
at::Tensor assemble_tokens(const at::Tensor& own, const at::Tensor& shared, const at::Tensor& table,
                           const TokenPlan& plan);

}  // namespace dbot::ops
