#pragma once

#include <ATen/core/Tensor.h>

namespace dbot::ops {

/// Tokens rows[b, i] of each sample b: [batch, wanted, width]. tokens: [batch, tokens, width];
/// rows: int64 [batch, wanted]. Differentiable in `tokens`.
at::Tensor select_tokens(const at::Tensor& tokens, const at::Tensor& rows);

/// The gradient of select_tokens where no token is selected twice: zero but at `rows`, [batch,
/// count, width].
at::Tensor spread_tokens(const at::Tensor& selected, const at::Tensor& rows, std::int64_t count);

}  // namespace dbot::ops
