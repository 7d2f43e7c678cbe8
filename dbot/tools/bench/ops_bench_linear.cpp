#include <ATen/core/Tensor.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include "dbot/ops/cpu/matrix_product.h"
#include "dbot/tools/bench/ops_bench_cases.h"

namespace dbot::tools {
namespace {

struct LinearShape {
  std::int64_t rows, inputs, outputs;
  at::ScalarType compute;

  at::Tensor x() const { return at::randn({rows, inputs}).to(compute); }
  at::Tensor outer() const { return at::randn({rows, outputs}).to(compute); }
  at::Tensor weight() const { return at::randn({outputs, inputs}).to(compute); }
};

OperationWays linear_forward(const LinearShape& shape) {
  const at::Tensor x = shape.x(), weight = shape.weight();
  const at::Tensor bias = at::randn({shape.outputs}).to(shape.compute);
  return {[=] { return ops::linear(x, weight, bias); },
          [=] { return at::linear(x, weight, bias); }};
}

OperationWays linear_input_gradient(const LinearShape& shape) {
  const at::Tensor outer = shape.outer(), weight = shape.weight();
  return {[=] { return ops::linear_input_gradient(outer, weight); },
          [=] { return at::mm(outer, weight); }};
}

OperationWays linear_weight_gradient(const LinearShape& shape) {
  const at::Tensor outer = shape.outer(), x = shape.x();
  at::Tensor ours = at::zeros({shape.outputs, shape.inputs}), reference = ours.clone();
  return {[=] {
            ops::add_linear_weight_gradient(ours, outer, x);
            return ours;
          },
          [=] { return reference.add_(at::mm(outer.t(), x)); }};
}

struct LinearOperation {
  const char* name;
  const char* reference;
  OperationWays (*prepare)(const LinearShape& shape);
};

constexpr LinearOperation kLinearOperations[] = {
    {"linear forward", "at::linear", linear_forward},
    {"linear input gradient", "at::mm", linear_input_gradient},
    {"linear weight gradient", "at::mm, add_", linear_weight_gradient},
};

}  // namespace

std::vector<OperationCase> linear_cases(const TokenShape& shape, at::ScalarType compute) {
  std::vector<OperationCase> cases;
  for (const LinearOperation& operation : kLinearOperations) {
    for (const LinearShape& layer :
         {LinearShape{shape.rows(), shape.width, shape.hidden(), compute},
          LinearShape{shape.rows(), shape.hidden(), shape.width, compute}}) {
      cases.push_back(
          {.operation = operation.name,
           .network = shape.network,
           .shape = fmt::format("{} x {} -> {}", layer.rows, layer.inputs, layer.outputs),
           .reference = operation.reference,
           .flops = 2.0 * static_cast<double>(layer.rows) *
                    static_cast<double>(layer.inputs * layer.outputs),
           .prepare = [layer, prepare = operation.prepare] { return prepare(layer); }});
    }
  }
  return cases;
}

}  // namespace dbot::tools
