#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

// Attention on a GPU by LibTorch's operators. They build no graph.
//
// bfloat16 without a bias and without padding takes the flash kernel, whose backward pass is
// deterministic where LibTorch is told to be. Everything else is written out in products and a
// softmax: LibTorch's other kernels add up in the order in which blocks come to run.
namespace dbot::ops::gpu {

/// What attention gives, and keeps for its backward pass.
struct Attention {
  at::Tensor context;        // [batch, tokens, width], contiguous
  at::Tensor probabilities;  // [batch · heads, tokens, tokens]; undefined for the flash kernel
  at::Tensor log_sums, seed, offset;  // of the flash kernel
};

/// Logits are scaled by 1/sqrt(width/heads). qkv: [batch, tokens, 3·width], contiguous, float32 or
/// bfloat16: q, k, v, each head-major. bias: float32 [heads, tokens, tokens]; padding: float32
/// [batch, tokens], 1: the key is not seen; each undefined: none.
Attention attention(const at::Tensor& qkv, std::int64_t heads, const at::Tensor& bias,
                    const at::Tensor& padding);

/// The gradient of qkv from that of the context, same shapes and type. Adds that of the bias to
/// bias_gradient, where defined.
at::Tensor attention_backward(const at::Tensor& qkv, const Attention& result,
                              const at::Tensor& context_gradient, std::int64_t heads,
                              const at::Tensor& bias_gradient);

}  // namespace dbot::ops::gpu
