#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/stack.h>

#include <optional>

#include "dbot/ops/backends.h"
#include "dbot/ops/select_tokens.h"

// Blocks that only frozen networks have, in plain ATen calls: docs/methods/teachers.md §3. Nothing
// is trained through them, so attention is LibTorch's own, whose forward pass is fast.
//
// Precision: as in the reference of the ordinary block; norms and rotations are float32.
namespace dbot::ops {
namespace {

at::Tensor of_type(const at::Tensor& tensor, at::ScalarType type) {
  return tensor.scalar_type() == type ? tensor : tensor.to(type);
}

at::Tensor product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                   at::ScalarType type) {
  return at::linear(of_type(x, type), of_type(weight, type), of_type(bias, type));
}

/// Over the last dimension, in the type of its gains; as it is where there are none.
at::Tensor normed(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  double eps) {
  if (!weight.defined()) return x;
  return at::layer_norm(of_type(x, weight.scalar_type()), {x.size(-1)}, weight, bias, eps);
}

/// Each pair of columns (a, b) as (−b, a).
at::Tensor quarter_turn(const at::Tensor& x, bool halves) {
  if (halves) {
    const std::int64_t half = x.size(-1) / 2;
    return at::cat({-x.narrow(-1, half, half), x.narrow(-1, 0, half)}, -1);
  }
  const at::Tensor pairs = x.unflatten(-1, {-1, 2});
  return at::stack({-pairs.select(-1, 1), pairs.select(-1, 0)}, -1).flatten(-2);
}

/// x: [batch, heads, tokens, head width]; the last tokens are turned, those of the prefix are not.
at::Tensor rotated(const at::Tensor& x, const TransformerBlockOptions& options) {
  if (!options.rotary_cosine.defined()) return x;
  const std::int64_t patches = options.rotary_cosine.size(0), prefix = x.size(2) - patches;
  const at::Tensor turned = x.narrow(2, prefix, patches);
  const at::Tensor result = turned * options.rotary_cosine +
                            quarter_turn(turned, options.rotary_halves) * options.rotary_sine;
  if (prefix == 0) return result;
  return at::cat({of_type(x.narrow(2, 0, prefix), result.scalar_type()), result}, 2);
}

at::Tensor foreign_attention(const at::Tensor& x, const TransformerBlockWeights& weights,
                             const TransformerBlockOptions& options) {
  const std::int64_t batch = x.size(0), tokens = x.size(1), width = x.size(2);
  const at::Tensor qkv = product(x, weights.qkv_weight, weights.qkv_bias, options.compute)
                             .view({batch, tokens, 3, options.heads, width / options.heads})
                             .permute({2, 0, 3, 1, 4});
  const at::Tensor query = rotated(normed(qkv.select(0, 0), weights.query_norm_weight,
                                          weights.query_norm_bias, options.layer_norm_eps),
                                   options);
  const at::Tensor key = rotated(normed(qkv.select(0, 1), weights.key_norm_weight,
                                        weights.key_norm_bias, options.layer_norm_eps),
                                 options);
  std::optional<at::Tensor> bias;
  if (weights.attention_bias.defined()) {
    bias = of_type(weights.attention_bias, options.compute).unsqueeze(0);
  }
  if (options.key_padding.defined()) {
    const at::Tensor unseen =
        of_type(options.key_padding * kPaddedLogit, options.compute).view({batch, 1, 1, tokens});
    bias = bias ? *bias + unseen : unseen;
  }
  const at::Tensor mixed =
      at::scaled_dot_product_attention(of_type(query, options.compute),
                                       of_type(key, options.compute), qkv.select(0, 2), bias)
          .transpose(1, 2)
          .reshape({batch, tokens, width});
  return product(normed(mixed, weights.attention_norm_weight, weights.attention_norm_bias,
                        options.layer_norm_eps),
                 weights.proj_weight, weights.proj_bias, options.compute);
}

at::Tensor activated(const at::Tensor& hidden, const TransformerBlockOptions& options) {
  if (options.quick_gelu) return hidden * at::sigmoid(hidden * 1.702);
  return at::gelu(hidden, options.tanh_gelu ? "tanh" : "none");
}

at::Tensor foreign_mlp(const at::Tensor& x, const TransformerBlockWeights& weights,
                       const TransformerBlockOptions& options) {
  const at::Tensor first = product(x, weights.fc1_weight, weights.fc1_bias, options.compute);
  const at::Tensor hidden =
      weights.gate_weight.defined()
          ? at::silu(product(x, weights.gate_weight, weights.gate_bias, options.compute)) * first
          : activated(first, options);
  return product(
      normed(hidden, weights.mlp_norm_weight, weights.mlp_norm_bias, options.layer_norm_eps),
      weights.fc2_weight, weights.fc2_bias, options.compute);
}

/// x + scale · gain · branch; scale: [batch], gain: [width], each 1 where it is not defined.
at::Tensor with_branch(const at::Tensor& x, const at::Tensor& branch, const at::Tensor& scale,
                       const at::Tensor& gain) {
  at::Tensor addend = of_type(branch, x.scalar_type());
  if (gain.defined()) addend = addend * gain;
  return scale.defined() ? x + addend * scale.view({-1, 1, 1}) : x + addend;
}

}  // namespace

at::Tensor foreign_block_reference(const at::Tensor& x, const TransformerBlockWeights& weights,
                                   const TransformerBlockOptions& options,
                                   const BranchScales& scales, const at::Tensor& rows) {
  const double eps = options.layer_norm_eps;
  const at::Tensor middle = with_branch(
      x,
      foreign_attention(normed(x, weights.norm1_weight, weights.norm1_bias, eps), weights, options),
      scales.attention, weights.attention_scale);
  const at::Tensor y = with_branch(
      middle,
      foreign_mlp(normed(middle, weights.norm2_weight, weights.norm2_bias, eps), weights, options),
      scales.mlp, weights.mlp_scale);
  return rows.defined() ? select_tokens(y, rows) : y;
}

}  // namespace dbot::ops
