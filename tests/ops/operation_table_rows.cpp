#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/erf.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros.h>

#include <cmath>

#include "dbot/ops/cpu/row_operations.h"
#include "tests/ops/operation_table.h"

// The operations between matrix products. Their backward passes are calls of their own, which add
// to the gradients of weights.
namespace dbot::ops {
namespace {

constexpr double kEps = 1e-6;

at::Tensor tokens_of(const TableShape& s, std::uint64_t seed, double size = 1.0) {
  return table_numbers({s.batch, s.tokens, s.width}, seed, size);
}

at::Tensor vector_of(const TableShape& s, std::uint64_t seed) {
  return 1 + table_numbers({s.width}, seed, 0.3);
}

at::Tensor norm_formula(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const at::Tensor centred = x - x.mean(-1, true);
  return centred / (centred.square().mean(-1, true) + kEps).sqrt() * weight + bias;
}

TableOperation layer_norm_row() {
  return {.name = "layer_norm",
          .inputs =
              [](const TableShape& s) {
                return Tensors{tokens_of(s, 1), vector_of(s, 2), vector_of(s, 3)};
              },
          .computed = {false, false, false},
          .formula = [](const TableShape&,
                        const Tensors& in) { return norm_formula(in[0], in[1], in[2]); },
          .ours =
              [](const Call& c) {
                const Normed normed =
                    layer_norm(c.inputs[0], {c.inputs[1], c.inputs[2], kEps}, c.compute);
                const at::Tensor weight = at::zeros({c.shape.width}), bias = weight.clone();
                const at::Tensor outer = at::zeros(c.inputs[0].sizes());
                const at::Tensor x = layer_norm_backward(c.outer, c.inputs[0], normed, c.inputs[1],
                                                         outer, weight, bias);
                return Outcome{normed.values, {x, weight, bias}};
              }};
}

TableOperation add_layer_norm_row() {
  return {.name = "add_layer_norm",
          .inputs =
              [](const TableShape& s) {
                return Tensors{tokens_of(s, 1), tokens_of(s, 4), table_numbers({s.batch}, 5),
                               vector_of(s, 2), vector_of(s, 3)};
              },
          .computed = {false, true, false, false, false},
          .formula =
              [](const TableShape&, const Tensors& in) {
                const at::Tensor total = in[0] + in[1] * in[2].view({-1, 1, 1});
                return at::cat({total, norm_formula(total, in[3], in[4])}, 1);
              },
          .ours =
              [](const Call& c) {
                const auto [total, normed] = add_layer_norm(c.inputs[0], c.inputs[1], c.inputs[2],
                                                            {c.inputs[3], c.inputs[4], kEps});
                return Outcome{at::cat({total, normed.values.to(at::kFloat)}, 1), {}};
              }};
}

TableOperation add_branch_row() {
  return {.name = "add_branch",
          .inputs =
              [](const TableShape& s) {
                return Tensors{tokens_of(s, 1), tokens_of(s, 4), table_numbers({s.batch}, 5)};
              },
          .computed = {false, true, false},
          .in_compute_type = false,
          .formula =
              [](const TableShape&, const Tensors& in) {
                return in[0] + in[1] * in[2].view({-1, 1, 1});
              },
          .ours =
              [](const Call& c) {
                const at::Tensor sum = at::zeros({c.shape.width});
                // The branch's gradient is the stream's, scaled; its type is the compute type.
                const at::Tensor branch = scaled(c.outer, c.inputs[2], c.compute, sum);
                return Outcome{add_branch(c.inputs[0], c.inputs[1], c.inputs[2]), {{}, branch}};
              }};
}

TableOperation row_sum_row() {
  return {.name = "row_sum",
          .inputs = [](const TableShape& s) { return Tensors{tokens_of(s, 1)}; },
          .computed = {true},
          .in_compute_type = false,
          .formula =
              [](const TableShape& s, const Tensors& in) {
                return in[0].reshape({s.rows(), s.width}).sum(0);
              },
          .ours =
              [](const Call& c) {
                const at::Tensor sum = at::zeros({c.shape.width});
                add_row_sum(c.inputs[0], sum);
                return Outcome{sum, {}};
              }};
}

TableOperation gelu_row() {
  return {.name = "gelu",
          .inputs = [](const TableShape& s) { return Tensors{tokens_of(s, 1, 2.0)}; },
          .computed = {true},
          .formula =
              [](const TableShape&, const Tensors& in) {
                return in[0] * 0.5 * (1 + at::erf(in[0] / std::sqrt(2.0)));
              },
          .ours =
              [](const Call& c) {
                const at::Tensor gradient = c.outer.clone(), sum = at::zeros({c.shape.width});
                gelu_backward(c.inputs[0], gradient, sum);
                return Outcome{ops::gelu(c.inputs[0]), {gradient}};
              }};
}

TableOperation tanh_gelu_row() {
  return {.name = "tanh_gelu",
          .inputs = [](const TableShape& s) { return Tensors{tokens_of(s, 1, 2.0)}; },
          .computed = {true},
          .formula =
              [](const TableShape&, const Tensors& in) {
                const at::Tensor inner = (in[0] + in[0].pow(3) * 0.044715) * std::sqrt(2 / M_PI);
                return in[0] * 0.5 * (1 + at::tanh(inner));
              },
          .ours =
              [](const Call& c) {
                const at::Tensor gradient = c.outer.clone(), sum = at::zeros({c.shape.width});
                tanh_gelu_backward(c.inputs[0], gradient, sum);
                return Outcome{tanh_gelu(c.inputs[0]), {gradient}};
              }};
}

}  // namespace

std::vector<TableOperation> row_operations() {
  return {layer_norm_row(), add_layer_norm_row(), add_branch_row(),
          row_sum_row(),    gelu_row(),           tanh_gelu_row()};
}

}  // namespace dbot::ops
