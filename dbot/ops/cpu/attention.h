#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dbot::ops {

/// What attention gives, and keeps for its backward pass.
struct Attention {
  at::Tensor context;   // [batch, tokens, width], in qkv's type
  at::Tensor log_sums;  // float32 [batch, heads, tokens]: log Σ exp of each row of logits
};

/// Multi-head attention, logits scaled by 1/sqrt(width/heads). qkv: [batch, tokens, 3·width],
/// contiguous, float32 or bfloat16: q, k, v, each head-major. bias: float32 [heads, tokens,
/// tokens], added to the logits; undefined: none. padding: float32 [batch, tokens], contiguous, 1:
/// the key is not seen; undefined: all are. Builds no graph. Computes in float32; where products of
/// bfloat16 are in use (bf16/packed_matrix.h), these multiply, and sums are float32.
Attention attention(const at::Tensor& qkv, std::int64_t heads, const at::Tensor& bias = {},
                    const at::Tensor& padding = {});

/// The gradient of qkv from that of the context, same shapes and type. Adds that of the bias to
/// bias_gradient, where defined.
at::Tensor attention_backward(const at::Tensor& qkv, const Attention& result,
                              const at::Tensor& context_gradient, std::int64_t heads,
                              const at::Tensor& bias = {}, const at::Tensor& bias_gradient = {},
                              const at::Tensor& padding = {});

}  // namespace dbot::ops
