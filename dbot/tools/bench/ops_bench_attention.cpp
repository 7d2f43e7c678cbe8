#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <cmath>

#include "dbot/ops/cpu/attention.h"
#include "dbot/tools/bench/ops_bench_cases.h"

namespace dbot::tools {
namespace {

using AttentionReference = at::Tensor (*)(const at::Tensor& qkv, std::int64_t heads);

/// [batch, tokens, 3·width] → three of [batch, heads, tokens, head width].
std::vector<at::Tensor> split_heads(const at::Tensor& qkv, std::int64_t heads) {
  return qkv.view({qkv.size(0), qkv.size(1), 3, heads, qkv.size(2) / 3 / heads})
      .permute({2, 0, 3, 1, 4})
      .unbind(0);
}

at::Tensor join_heads(const at::Tensor& context) {
  return context.transpose(1, 2).reshape(
      {context.size(0), context.size(2), context.size(1) * context.size(3)});
}

at::Tensor explicit_attention(const at::Tensor& qkv, std::int64_t heads) {
  const std::vector<at::Tensor> parts = split_heads(qkv, heads);
  const std::int64_t batch = qkv.size(0), tokens = qkv.size(1), head_width = parts[0].size(3);
  const auto matrices = [&](const at::Tensor& part) {
    return part.reshape({batch * heads, tokens, head_width});
  };
  const at::Tensor query = matrices(parts[0]) * (1.0 / std::sqrt(static_cast<double>(head_width)));
  const at::Tensor logits = at::bmm(query, matrices(parts[1]).transpose(1, 2));
  const at::Tensor probabilities = at::softmax(logits, -1, at::kFloat).to(qkv.scalar_type());
  const at::Tensor context = at::bmm(probabilities, matrices(parts[2]));
  return join_heads(context.view({batch, heads, tokens, head_width}));
}

at::Tensor fused_attention(const at::Tensor& qkv, std::int64_t heads) {
  const std::vector<at::Tensor> parts = split_heads(qkv, heads);
  return join_heads(at::scaled_dot_product_attention(parts[0], parts[1], parts[2]));
}

at::Tensor random_qkv(const TokenShape& shape, at::ScalarType compute) {
  return at::randn({shape.batch, shape.tokens, 3 * shape.width}).to(compute);
}

OperationWays attention_forward_ways(const TokenShape& shape, at::ScalarType compute,
                                     AttentionReference reference) {
  const at::Tensor qkv = random_qkv(shape, compute);
  return {[=, heads = shape.heads] { return ops::attention(qkv, heads).context; },
          [=, heads = shape.heads] { return reference(qkv, heads); }};
}

/// The last quarter of each sample's keys, 1: not seen.
at::Tensor quarter_padded(const TokenShape& shape) {
  at::Tensor padding = at::zeros({shape.batch, shape.tokens});
  padding.slice(1, shape.tokens - shape.tokens / 4).fill_(1);
  return padding;
}

at::Tensor padded_attention(const at::Tensor& qkv, std::int64_t heads, const at::Tensor& padding) {
  const std::vector<at::Tensor> parts = split_heads(qkv, heads);
  const at::Tensor added = (padding * -1e7).to(qkv.scalar_type()).unsqueeze(1).unsqueeze(1);
  return join_heads(at::scaled_dot_product_attention(parts[0], parts[1], parts[2], added));
}

OperationWays padded_forward_ways(const TokenShape& shape, at::ScalarType compute,
                                  AttentionReference /*reference*/) {
  const at::Tensor qkv = random_qkv(shape, compute), padding = quarter_padded(shape);
  return {[=, heads = shape.heads] { return ops::attention(qkv, heads, {}, padding).context; },
          [=, heads = shape.heads] { return padded_attention(qkv, heads, padding); }};
}

OperationWays padded_backward_ways(const TokenShape& shape, at::ScalarType compute,
                                   AttentionReference /*reference*/) {
  const at::Tensor qkv = random_qkv(shape, compute), padding = quarter_padded(shape);
  const at::Tensor outer = at::randn({shape.batch, shape.tokens, shape.width}).to(compute);
  const ops::Attention attended = ops::attention(qkv, shape.heads, {}, padding);
  const at::Tensor leaf = qkv.clone().requires_grad_(true);
  const at::Tensor context = padded_attention(leaf, shape.heads, padding);
  return {[=, heads = shape.heads] {
            return ops::attention_backward(qkv, attended, outer, heads, {}, {}, padding);
          },
          [=] {
            context.backward(outer, /*retain_graph=*/true);
            return leaf.grad();
          },
          [=] { leaf.mutable_grad().reset(); }};
}

OperationWays attention_backward_ways(const TokenShape& shape, at::ScalarType compute,
                                      AttentionReference reference) {
  const at::Tensor qkv = random_qkv(shape, compute);
  const at::Tensor outer = at::randn({shape.batch, shape.tokens, shape.width}).to(compute);
  const ops::Attention attended = ops::attention(qkv, shape.heads);
  const at::Tensor leaf = qkv.clone().requires_grad_(true);
  const at::Tensor context = reference(leaf, shape.heads);
  return {[=, heads = shape.heads] { return ops::attention_backward(qkv, attended, outer, heads); },
          [=] {
            context.backward(outer, /*retain_graph=*/true);
            return leaf.grad();
          },
          [=] { leaf.mutable_grad().reset(); }};  // or it would be added to
}

struct AttentionOperation {
  const char* name;
  const char* reference_name;
  double products;  // of [tokens, head width] with [head width, tokens], or as large ones
  AttentionReference reference;
  OperationWays (*prepare)(const TokenShape& shape, at::ScalarType compute,
                           AttentionReference reference);
};

constexpr const char* kExplicit = "softmax(QK^T)V in products";
constexpr const char* kFused = "at::scaled_dot_product_attention";

// Ours computes the logits again in the backward pass, a fifth product: that is not counted.
constexpr AttentionOperation kAttentionOperations[] = {
    {"attention forward", kExplicit, 2, explicit_attention, attention_forward_ways},
    {"attention forward", kFused, 2, fused_attention, attention_forward_ways},
    {"attention backward", kExplicit, 4, explicit_attention, attention_backward_ways},
    {"attention backward", kFused, 4, fused_attention, attention_backward_ways},
    {"padded attention forward", kFused, 2, nullptr, padded_forward_ways},
    {"padded attention backward", kFused, 4, nullptr, padded_backward_ways},
};

}  // namespace

std::vector<OperationCase> attention_cases(const TokenShape& shape, at::ScalarType compute) {
  std::vector<OperationCase> cases;
  for (const AttentionOperation& operation : kAttentionOperations) {
    cases.push_back({.operation = operation.name,
                     .network = shape.network,
                     .shape = fmt::format("{}, {} heads", shape.text(), shape.heads),
                     .reference = operation.reference_name,
                     .flops = operation.products * 2 *
                              static_cast<double>(shape.rows() * shape.tokens * shape.width),
                     .prepare = [shape, compute, operation] {
                       return operation.prepare(shape, compute, operation.reference);
                     }});
  }
  return cases;
}

}  // namespace dbot::tools
