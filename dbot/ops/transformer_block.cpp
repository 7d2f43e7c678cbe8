#include "dbot/ops/transformer_block.h"

#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include <string>

#include "dbot/core/error.h"
#include "dbot/ops/backends.h"

namespace dbot::ops {
namespace {

bool is_trained(const at::Tensor& x, const TransformerBlockWeights& weights) {
  return c10::GradMode::is_enabled() && (x.requires_grad() || weights.fc1_weight.requires_grad());
}

/// The quick GELU is for frozen networks: its derivative has no kernel.
bool has_kernels(const at::Tensor& x, const TransformerBlockWeights& weights,
                 const TransformerBlockOptions& options) {
  return !(options.quick_gelu && is_trained(x, weights)) && x.scalar_type() == at::kFloat &&
         (options.compute == at::kFloat || options.compute == at::kBFloat16);
}

void check_key_padding(const at::Tensor& x, const at::Tensor& padding) {
  if (!padding.defined()) return;
  if (padding.dim() == 2 && padding.size(0) == x.size(0) && padding.size(1) == x.size(1) &&
      padding.scalar_type() == at::kFloat) {
    return;
  }
  throw Error("[transformer block] the padding of keys has " + std::to_string(padding.numel()) +
              " values, expected float32 of " + std::to_string(x.size(0)) + "×" +
              std::to_string(x.size(1)));
}

}  // namespace

bool is_foreign_block(const TransformerBlockWeights& weights,
                      const TransformerBlockOptions& options) {
  return options.rotary_cosine.defined() || weights.gate_weight.defined() ||
         weights.query_norm_weight.defined() || weights.attention_norm_weight.defined() ||
         weights.mlp_norm_weight.defined();
}

TransformerBlockWeights fold_layer_scale(const TransformerBlockWeights& weights) {
  TransformerBlockWeights folded = weights;
  const auto fold = [](at::Tensor& scale, at::Tensor& weight, at::Tensor& bias) {
    if (!scale.defined()) return;
    weight = weight * scale.unsqueeze(1);
    bias = bias * scale;
    scale.reset();
  };
  fold(folded.attention_scale, folded.proj_weight, folded.proj_bias);
  fold(folded.mlp_scale, folded.fc2_weight, folded.fc2_bias);
  return folded;
}

TransformerBlockWeights converted(const TransformerBlockWeights& weights, at::ScalarType type) {
  TransformerBlockWeights copies = fold_layer_scale(weights);
  for (at::Tensor* tensor :
       {&copies.qkv_weight, &copies.qkv_bias, &copies.proj_weight, &copies.proj_bias,
        &copies.fc1_weight, &copies.fc1_bias, &copies.fc2_weight, &copies.fc2_bias,
        &copies.gate_weight, &copies.gate_bias}) {
    if (tensor->defined()) *tensor = tensor->detach().to(type);
  }
  if (copies.attention_bias.defined()) copies.attention_bias = copies.attention_bias.detach();
  return copies;
}

TransformerBlockWeights frozen_weights(const TransformerBlockWeights& weights,
                                       at::ScalarType type) {
  if (type != at::kBFloat16 || backend_of({weights.fc1_weight}) != Backend::cpu) {
    return converted(weights, type);
  }
  TransformerBlockWeights frozen = fold_layer_scale(weights);
  frozen.packed = packed_block_cpu(frozen);
  return frozen.packed == nullptr ? converted(weights, type) : frozen;
}

namespace {

at::Tensor computed_block(const at::Tensor& x, const TransformerBlockWeights& weights,
                          const TransformerBlockOptions& options, const BranchScales& scales,
                          const at::Tensor& rows) {
  if (is_foreign_block(weights, options)) {
    return foreign_block_reference(x, weights, options, scales, rows);
  }
  switch (has_kernels(x, weights, options) ? backend_of({x, weights.fc1_weight})
                                           : Backend::reference) {
    case Backend::cpu:
      return transformer_block_cpu(x, weights, options, scales, rows);
    case Backend::cuda:
      return transformer_block_cuda(x, weights, options, scales, rows);
    case Backend::reference:
      break;
  }
  return transformer_block_reference(x, weights, options, scales, rows);
}

}  // namespace

at::Tensor transformer_block(const at::Tensor& x, const TransformerBlockWeights& weights,
                             const TransformerBlockOptions& options, const BranchScales& scales,
                             const at::Tensor& rows) {
  check_key_padding(x, options.key_padding);
  if (recomputes_blocks() && is_trained(x, weights)) {
    return recomputed_block(computed_block, x, weights, options, scales, rows);
  }
  return computed_block(x, weights, options, scales, rows);
}

}  // namespace dbot::ops
