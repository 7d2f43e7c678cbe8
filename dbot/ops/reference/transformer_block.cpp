#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>

#include <cmath>

#include "dbot/ops/backends.h"
#include "dbot/ops/select_tokens.h"

// The reference path in plain ATen calls, differentiated by autograd. Attention is written out: on
// CPUs the backward pass of LibTorch's scaled_dot_product_attention is 5 to 13 times slower.
//
// Precision: the residual stream, LayerNorm and softmax are float32; matrix products take their
// inputs in `options.compute`. Weights that already have that type (a frozen teacher's copies) are
// not cast.
namespace dbot::ops {
namespace {

at::Tensor in_type(const at::Tensor& tensor, at::ScalarType type) {
  return tensor.scalar_type() == type ? tensor : tensor.to(type);
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  at::ScalarType type) {
  return at::linear(in_type(x, type), in_type(weight, type), in_type(bias, type));
}

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                      double eps) {
  return at::layer_norm(x, {x.size(-1)}, weight, bias, eps);
}

/// x: [batch, tokens, width], normalised; result the same, in the compute type.
at::Tensor attention(const at::Tensor& x, const TransformerBlockWeights& weights,
                     const TransformerBlockOptions& options) {
  const std::int64_t batch = x.size(0), tokens = x.size(1), width = x.size(2);
  const std::int64_t heads = options.heads, head_width = width / heads;
  const at::Tensor qkv = linear(x, weights.qkv_weight, weights.qkv_bias, options.compute)
                             .view({batch, tokens, 3, heads, head_width})
                             .permute({2, 0, 3, 1, 4})
                             .reshape({3, batch * heads, tokens, head_width});
  const at::Tensor query = qkv.select(0, 0) * (1.0 / std::sqrt(static_cast<double>(head_width)));
  at::Tensor logits = at::bmm(query, qkv.select(0, 1).transpose(1, 2));
  if (weights.attention_bias.defined()) {
    logits = (logits.view({batch, heads, tokens, tokens}) + weights.attention_bias)
                 .view({batch * heads, tokens, tokens});
  }
  if (options.key_padding.defined()) {
    const at::Tensor unseen = options.key_padding.gt(0.5).view({batch, 1, 1, tokens});
    logits = logits.view({batch, heads, tokens, tokens})
                 .masked_fill(unseen, kPaddedLogit)
                 .view({batch * heads, tokens, tokens});
  }
  const at::Tensor probabilities = at::softmax(logits, -1, at::kFloat);
  const at::Tensor mixed = at::bmm(in_type(probabilities, options.compute), qkv.select(0, 2))
                               .view({batch, heads, tokens, head_width})
                               .transpose(1, 2)
                               .reshape({batch, tokens, width});
  return linear(mixed, weights.proj_weight, weights.proj_bias, options.compute);
}

at::Tensor activation(const at::Tensor& hidden, const TransformerBlockOptions& options) {
  if (options.quick_gelu) return hidden * at::sigmoid(hidden * 1.702);
  return at::gelu(hidden, options.tanh_gelu ? "tanh" : "none");
}

at::Tensor mlp(const at::Tensor& x, const TransformerBlockWeights& weights,
               const TransformerBlockOptions& options) {
  const at::Tensor hidden = linear(x, weights.fc1_weight, weights.fc1_bias, options.compute);
  return linear(activation(hidden, options), weights.fc2_weight, weights.fc2_bias, options.compute);
}

/// x + scale · gain · branch; scale: [batch], gain: [width], each 1 where it is not defined.
at::Tensor add_branch(const at::Tensor& x, const at::Tensor& branch, const at::Tensor& scale,
                      const at::Tensor& gain) {
  at::Tensor addend = in_type(branch, x.scalar_type());
  if (gain.defined()) addend = addend * gain;
  return scale.defined() ? x + addend * scale.view({-1, 1, 1}) : x + addend;
}

}  // namespace

at::Tensor transformer_block_reference(const at::Tensor& x, const TransformerBlockWeights& weights,
                                       const TransformerBlockOptions& options,
                                       const BranchScales& scales, const at::Tensor& rows) {
  const at::Tensor normed1 =
      layer_norm(x, weights.norm1_weight, weights.norm1_bias, options.layer_norm_eps);
  const at::Tensor middle = add_branch(x, attention(normed1, weights, options), scales.attention,
                                       weights.attention_scale);
  const at::Tensor normed2 =
      layer_norm(middle, weights.norm2_weight, weights.norm2_bias, options.layer_norm_eps);
  const at::Tensor y =
      add_branch(middle, mlp(normed2, weights, options), scales.mlp, weights.mlp_scale);
  return rows.defined() ? select_tokens(y, rows) : y;
}

}  // namespace dbot::ops
