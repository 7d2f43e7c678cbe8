#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/gelu_backward.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/native_layer_norm.h>
#include <ATen/ops/native_layer_norm_backward.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/core/ScalarType.h>

#include "dbot/ops/cpu/row_operations.h"
#include "dbot/tools/bench/ops_bench_cases.h"

namespace dbot::tools {
namespace {

constexpr double kNormEps = 1e-6;

at::Tensor tokens_of(const TokenShape& shape, std::int64_t width, at::ScalarType type) {
  return at::randn({shape.batch, shape.tokens, width}).to(type);
}

/// Gain and bias of a LayerNorm and their gradients.
struct NormParameters {
  explicit NormParameters(std::int64_t width)
      : weight(at::randn({width})),
        bias(at::randn({width})),
        weight_gradient(at::zeros({width})),
        bias_gradient(at::zeros({width})) {}

  ops::Norm norm() const { return {weight, bias, kNormEps}; }
  at::Tensor reference(const at::Tensor& x) const {
    return at::layer_norm(x, {x.size(-1)}, weight, bias, kNormEps);
  }

  at::Tensor weight, bias, weight_gradient, bias_gradient;
};

OperationWays layer_norm_ways(const TokenShape& shape, at::ScalarType compute) {
  const at::Tensor x = tokens_of(shape, shape.width, at::kFloat);
  const NormParameters p(shape.width);
  return {[=] { return ops::layer_norm(x, p.norm(), compute).values; },
          [=] { return p.reference(x).to(compute); }};
}

OperationWays add_layer_norm_ways(const TokenShape& shape, at::ScalarType compute) {
  const at::Tensor x = tokens_of(shape, shape.width, at::kFloat);
  const at::Tensor branch = tokens_of(shape, shape.width, compute);
  const NormParameters p(shape.width);
  return {[=] { return ops::add_layer_norm(x, branch, {}, p.norm()).second.values; },
          [=] { return p.reference(x + branch.to(at::kFloat)).to(compute); }};
}

OperationWays layer_norm_backward_ways(const TokenShape& shape, at::ScalarType compute) {
  const at::Tensor x = tokens_of(shape, shape.width, at::kFloat);
  const at::Tensor outer = tokens_of(shape, shape.width, at::kFloat);
  const at::Tensor gradient = tokens_of(shape, shape.width, compute);
  const NormParameters p(shape.width);
  const ops::Normed normed = ops::layer_norm(x, p.norm(), compute);
  const auto [y, mean, inverse] =
      at::native_layer_norm(x, {shape.width}, p.weight, p.bias, kNormEps);
  const auto reference = [=, mean = mean, inverse = inverse] {
    const auto [dx, weight_gradient, bias_gradient] =
        at::native_layer_norm_backward(gradient.to(at::kFloat), x, {x.size(-1)}, mean, inverse,
                                       p.weight, p.bias, {true, true, true});
    p.weight_gradient.add_(weight_gradient);
    p.bias_gradient.add_(bias_gradient);
    return dx + outer;
  };
  return {[=] {
            return ops::layer_norm_backward(gradient, x, normed, p.weight, outer, p.weight_gradient,
                                            p.bias_gradient);
          },
          reference};
}

OperationWays gelu_ways(const TokenShape& shape, at::ScalarType compute) {
  const at::Tensor x = tokens_of(shape, shape.hidden(), compute);
  return {[=] { return ops::gelu(x); }, [=] { return at::gelu(x); }};
}

OperationWays tanh_gelu_ways(const TokenShape& shape, at::ScalarType compute) {
  const at::Tensor x = tokens_of(shape, shape.hidden(), compute);
  return {[=] { return ops::tanh_gelu(x); }, [=] { return at::gelu(x, "tanh"); }};
}

using GeluBackward = at::Tensor (*)(const at::Tensor&, const at::Tensor&, const at::Tensor&);

/// approximate: LibTorch's name of the kind, "none" or "tanh".
OperationWays gelu_backward_of(const TokenShape& shape, at::ScalarType compute, GeluBackward ours,
                               const char* approximate) {
  const at::Tensor x = tokens_of(shape, shape.hidden(), compute);
  const at::Tensor outer = tokens_of(shape, shape.hidden(), compute);
  at::Tensor gradient = outer.clone();
  const at::Tensor bias_gradient = at::zeros({shape.hidden()});
  return {[=] {
            ours(x, gradient, bias_gradient);
            return gradient;
          },
          [=] {
            at::Tensor dx = at::gelu_backward(gradient, x, approximate);
            bias_gradient.add_(dx.sum(c10::IntArrayRef({0, 1}), false, at::kFloat));
            return dx;
          },
          // Ours overwrites it, and step after step its values would run towards 0.
          [=] { gradient.copy_(outer); }};
}

OperationWays gelu_backward_ways(const TokenShape& shape, at::ScalarType compute) {
  return gelu_backward_of(shape, compute, ops::gelu_backward, "none");
}

OperationWays tanh_gelu_backward_ways(const TokenShape& shape, at::ScalarType compute) {
  return gelu_backward_of(shape, compute, ops::tanh_gelu_backward, "tanh");
}

/// Bytes of a token's value: `floats` of them float32, `computed` in the compute type.
struct RowOperation {
  const char* name;
  const char* reference;
  bool hidden;  // of the MLP's hidden width
  int floats, computed;
  OperationWays (*prepare)(const TokenShape& shape, at::ScalarType compute);
};

constexpr RowOperation kRowOperations[] = {
    {"LayerNorm", "at::layer_norm", false, 1, 1, layer_norm_ways},
    {"residual + LayerNorm", "add, at::layer_norm", false, 2, 2, add_layer_norm_ways},
    {"LayerNorm + residual backward", "its backward, add", false, 3, 1, layer_norm_backward_ways},
    {"GELU", "at::gelu", true, 0, 2, gelu_ways},
    // Ours writes GELU itself once more, which LibTorch has kept: that is not counted.
    {"GELU + bias backward", "at::gelu_backward, sum", true, 0, 3, gelu_backward_ways},
    {"GELU by tanh", "at::gelu", true, 0, 2, tanh_gelu_ways},
    {"GELU by tanh + bias backward", "at::gelu_backward, sum", true, 0, 3, tanh_gelu_backward_ways},
};

}  // namespace

std::vector<OperationCase> row_cases(const TokenShape& shape, at::ScalarType compute) {
  std::vector<OperationCase> cases;
  for (const RowOperation& operation : kRowOperations) {
    TokenShape shown = shape;
    if (operation.hidden) shown.width = shape.hidden();
    const double value_bytes = 4.0 * operation.floats +
                               static_cast<double>(c10::elementSize(compute)) * operation.computed;
    cases.push_back({.operation = operation.name,
                     .network = shape.network,
                     .shape = shown.text(),
                     .reference = operation.reference,
                     .bytes = static_cast<double>(shown.rows() * shown.width) * value_bytes,
                     .prepare = [shape, compute, prepare = operation.prepare] {
                       return prepare(shape, compute);
                     }});
  }
  return cases;
}

}  // namespace dbot::tools
