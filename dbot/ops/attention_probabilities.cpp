#include "dbot/ops/attention_probabilities.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/softmax.h>

#include <cmath>

namespace dbot::ops {

at::Tensor attention_probabilities(const at::Tensor& x, const TransformerBlockWeights& weights,
                                   const TransformerBlockOptions& options, std::int64_t queries) {
  const std::int64_t batch = x.size(0), tokens = x.size(1), width = x.size(2);
  const std::int64_t head_width = width / options.heads;
  const at::Tensor normed =
      at::layer_norm(x, {width}, weights.norm1_weight, weights.norm1_bias, options.layer_norm_eps)
          .to(options.compute);
  // Rows of the joint matrix: queries, keys, values. The values are not asked for.
  const auto project = [&](const at::Tensor& rows, std::int64_t part) {
    const at::Tensor weight = weights.qkv_weight.narrow(0, part * width, width);
    const at::Tensor bias = weights.qkv_bias.narrow(0, part * width, width);
    return at::linear(rows, weight.to(options.compute), bias.to(options.compute))
        .view({batch, rows.size(1), options.heads, head_width})
        .transpose(1, 2);
  };
  const at::Tensor query =
      project(normed.narrow(1, 0, queries), 0) * (1.0 / std::sqrt(static_cast<double>(head_width)));
  const at::Tensor key = project(normed.narrow(1, 0, tokens), 1);
  at::Tensor logits = at::matmul(query, key.transpose(2, 3));
  if (weights.attention_bias.defined()) {
    logits = logits + weights.attention_bias.narrow(1, 0, queries);
  }
  return at::softmax(logits, -1, at::kFloat);
}

}  // namespace dbot::ops
