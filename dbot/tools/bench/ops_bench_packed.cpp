#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "dbot/ops/cpu/bf16/packed_product.h"
#include "dbot/tools/bench/ops_bench_cases.h"

// Layers of the MLP whose matrices are packed already, with what follows them on the way out of the
// product; LibTorch's weights are bfloat16 already.
namespace dbot::tools {
namespace {

/// fc1 has `inputs` and `outputs`, fc2 the other way round.
struct MlpShape {
  std::int64_t batch, tokens, inputs, outputs;

  std::int64_t rows() const { return batch * tokens; }
  at::Tensor x(std::int64_t width) const {
    return at::randn({batch, tokens, width}).to(at::kBFloat16);
  }
};

OperationWays gelu_forward(const MlpShape& shape) {
  const at::Tensor x = shape.x(shape.inputs), bias = at::randn({shape.outputs});
  const at::Tensor weight = at::randn({shape.outputs, shape.inputs}).to(at::kBFloat16);
  const at::Tensor low_bias = bias.to(at::kBFloat16);
  const ops::PackedMatrix packed = ops::packed_weight(weight);
  return {[=] {
            return ops::packed_activated(x, packed, bias, ops::ResultKind::gelu,
                                         /*with_hidden=*/true)
                .activated;
          },
          [=] { return at::gelu(at::linear(x, weight, low_bias)); }};
}

OperationWays residual_forward(const MlpShape& shape) {
  const at::Tensor x = shape.x(shape.outputs), bias = at::randn({shape.inputs});
  const at::Tensor residual = at::randn({shape.batch, shape.tokens, shape.inputs});
  const at::Tensor weight = at::randn({shape.inputs, shape.outputs}).to(at::kBFloat16);
  const at::Tensor low_bias = bias.to(at::kBFloat16);
  const ops::PackedMatrix packed = ops::packed_weight(weight);
  return {[=] { return ops::packed_added(residual, x, packed, bias, {}); },
          [=] { return residual + at::linear(x, weight, low_bias); }};
}

OperationWays gelu_backward(const MlpShape& shape) {
  const at::Tensor outer = shape.x(shape.inputs), hidden = shape.x(shape.outputs);
  const at::Tensor weight = at::randn({shape.inputs, shape.outputs}).to(at::kBFloat16);
  const at::Tensor bias_gradient = at::zeros({shape.outputs});
  const at::Tensor other_gradient = at::zeros({shape.outputs});
  const ops::PackedMatrix packed = ops::packed_rows(weight);
  return {[=] {
            return ops::packed_activated_gradient(outer, packed, hidden,
                                                  ops::ResultKind::gelu_backward, bias_gradient)
                .gradient;
          },
          [=] {
            const at::Tensor gradient = at::gelu_backward(at::matmul(outer, weight), hidden);
            other_gradient.add_(gradient.sum(at::IntArrayRef{0, 1}, false, at::kFloat));
            at::gelu(hidden);  // once more, for the gradient of the second weight
            return gradient;
          }};
}

struct PackedOperation {
  const char* name;
  const char* reference;
  OperationWays (*prepare)(const MlpShape& shape);
};

constexpr PackedOperation kPackedOperations[] = {
    {"packed linear + GELU", "at::linear, at::gelu", gelu_forward},
    {"packed linear + residual", "at::linear, add", residual_forward},
    {"packed input gradient + GELU's", "at::matmul, at::gelu_backward, sum", gelu_backward},
};

}  // namespace

std::vector<OperationCase> packed_cases(const TokenShape& shape, at::ScalarType compute) {
  std::vector<OperationCase> cases;
  if (compute != at::kBFloat16 || !ops::multiplies_bf16()) return cases;
  const MlpShape layers{shape.batch, shape.tokens, shape.width, shape.hidden()};
  const std::string text =
      fmt::format("{} x {} -> {}", layers.rows(), layers.inputs, layers.outputs);
  for (const PackedOperation& operation : kPackedOperations) {
    cases.push_back({.operation = operation.name,
                     .network = shape.network,
                     .shape = text,
                     .reference = operation.reference,
                     .flops = 2.0 * static_cast<double>(layers.rows()) *
                              static_cast<double>(layers.inputs * layers.outputs),
                     .prepare = [layers, prepare = operation.prepare] { return prepare(layers); }});
  }
  return cases;
}

}  // namespace dbot::tools
