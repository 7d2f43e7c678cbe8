#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include "dbot/ops/cuda/bodies/activations.h"
#include "dbot/ops/cuda/bodies/residual_norm_backward.h"
#include "tests/ops/cuda/gpu_table.h"
#include "tests/ops/cuda/gpu_tensors.h"
#include "tests/ops/cuda/host_grid.h"

// The operations between matrix products, by the bodies of a GPU's kernels.
namespace dbot::ops::cuda {
namespace {

constexpr double kEps = 1e-6;

at::Tensor tokens_of(const TableShape& s, std::uint64_t seed) {
  return table_numbers({s.batch, s.tokens, s.width}, seed);
}

at::Tensor vector_of(const TableShape& s, std::uint64_t seed) {
  return 1 + table_numbers({s.width}, seed, 0.3);
}

at::Tensor zero_vector(const TableShape& s) {
  return at::zeros({s.width});
}

at::Tensor workspace(const TableShape& s, std::int64_t columns) {
  return at::empty({column_workspace(s.rows(), columns)});
}

/// What a residual addition with a norm consists of; each part may be absent.
struct Parts {
  bool branch, scales, norm;
};

/// Inputs: x, branch, factors of samples, LayerScale, weight, bias.
Tensors residual_inputs(const TableShape& s) {
  return {tokens_of(s, 1), tokens_of(s, 2), table_numbers({s.batch}, 3),
          vector_of(s, 4), vector_of(s, 5), vector_of(s, 6)};
}

/// The total, where there is a branch, and what is normed.
at::Tensor residual_formula(const Tensors& in, const Parts& parts) {
  const at::Tensor gain = parts.scales ? in[2].view({-1, 1, 1}) * in[3] : at::ones({1, 1, 1});
  at::Tensor total = parts.branch ? in[0] + gain * in[1] : in[0];
  if (!parts.norm) return total;
  const at::Tensor centred = total - total.mean(-1, true);
  const at::Tensor normed =
      centred / (centred.square().mean(-1, true) + kEps).sqrt() * in[4] + in[5];
  return parts.branch ? at::cat({total, normed}, 1) : normed;
}

struct ResidualForward {
  at::Tensor total, normed, mean, inverse;
};

ResidualForward residual_forward(const Call& c, const Parts& parts) {
  const TableShape& s = c.shape;
  const at::Tensor& x = c.inputs[0];
  ResidualForward y{x, {}, {}, {}};
  ResidualNorm a{.rows = s.rows(), .width = s.width, .tokens = s.tokens, .x = floats_of(x)};
  a.element = element_of(c.inputs[1]);
  a.eps = kEps;
  if (parts.branch) {
    y.total = at::empty_like(x);
    a.branch = memory_of(c.inputs[1]);
    a.total = floats_of(y.total);
  }
  if (parts.scales) {
    a.branch_scale = floats_of(c.inputs[2]);
    a.layer_scale = floats_of(c.inputs[3]);
  }
  if (parts.norm) {
    y.normed = at::empty_like(c.inputs[1]);
    y.mean = at::empty({s.rows()});
    y.inverse = at::empty({s.rows()});
    a.weight = floats_of(c.inputs[4]);
    a.bias = floats_of(c.inputs[5]);
    a.normed = memory_of(y.normed);
    a.mean = floats_of(y.mean);
    a.inverse = floats_of(y.inverse);
  }
  run_on_host(a);
  return y;
}

/// The gradients of all inputs but the factors of samples, which are drawn.
Tensors residual_backward(const Call& c, const Parts& parts, const ResidualForward& y) {
  const TableShape& s = c.shape;
  const bool both = parts.branch && parts.norm;
  const at::Tensor of_total =
      (both ? c.outer.slice(1, 0, s.tokens) : c.outer).to(at::kFloat).contiguous();
  const at::Tensor of_normed =
      (both ? c.outer.slice(1, s.tokens) : c.outer).to(c.compute).contiguous();
  const at::Tensor space = workspace(s, 4 * s.width);
  Tensors found{at::empty_like(c.inputs[0]), {}, {}, {}, {}, {}};
  ResidualNormBackward a{.rows = s.rows(), .width = s.width, .tokens = s.tokens};
  a.element = element_of(c.inputs[1]);
  a.total_gradient = floats_of(found[0]);
  a.workspace = floats_of(space);
  if (parts.branch || !parts.norm) a.outer = floats_of(of_total);
  const at::Tensor branch_sum = zero_vector(s);
  if (parts.branch) {
    found[1] = at::empty_like(c.inputs[1]);
    a.branch = memory_of(c.inputs[1]);
    a.branch_gradient = memory_of(found[1]);
    a.branch_sum = floats_of(branch_sum);
  }
  if (parts.scales) {
    found[3] = zero_vector(s);
    a.branch_scale = floats_of(c.inputs[2]);
    a.layer_scale = floats_of(c.inputs[3]);
    a.layer_scale_gradient = floats_of(found[3]);
  }
  if (parts.norm) {
    found[4] = zero_vector(s);
    found[5] = zero_vector(s);
    a.normed_gradient = memory_of(of_normed);
    a.total = floats_of(y.total);
    a.mean = floats_of(y.mean);
    a.inverse = floats_of(y.inverse);
    a.weight = floats_of(c.inputs[4]);
    a.weight_gradient = floats_of(found[4]);
    a.bias_gradient = floats_of(found[5]);
  }
  run_on_host(a);
  if (parts.branch) expect_sums_of_rows(branch_sum, found[1]);
  return found;
}

TableOperation residual_row(std::string name, const Parts& parts) {
  TableOperation row;
  row.name = std::move(name);
  row.inputs = residual_inputs;
  row.computed = {false, true, false, false, false, false};
  row.in_compute_type = parts.norm && !parts.branch;
  row.formula = [=](const TableShape&, const Tensors& in) { return residual_formula(in, parts); };
  row.ours = [=](const Call& c) {
    const ResidualForward y = residual_forward(c, parts);
    at::Tensor result = parts.norm ? y.normed : y.total;
    if (parts.norm && parts.branch) result = at::cat({y.total, y.normed.to(at::kFloat)}, 1);
    return Outcome{result, residual_backward(c, parts, y)};
  };
  return row;
}

TableOperation gelu_row(const std::string& name, GeluKind kind) {
  return like(name, [kind](const Call& c) {
    const at::Tensor& x = c.inputs[0];
    const at::Tensor y = at::empty_like(x), gradient = c.outer.clone();
    const at::Tensor sums = zero_vector(c.shape), space = workspace(c.shape, c.shape.width);
    run_on_host(Gelu{x.numel(), memory_of(x), memory_of(y), element_of(x), kind});
    run_on_host(GeluBackward{.rows = c.shape.rows(),
                             .width = c.shape.width,
                             .x = memory_of(x),
                             .gradient = memory_of(gradient),
                             .element = element_of(x),
                             .kind = kind,
                             .workspace = floats_of(space),
                             .column_sums = floats_of(sums)});
    expect_sums_of_rows(sums, gradient);
    return Outcome{y, {gradient}};
  });
}

TableOperation quick_gelu_row() {
  TableOperation row;
  row.name = "quick_gelu";
  row.inputs = [](const TableShape& s) { return Tensors{2 * tokens_of(s, 1)}; };
  row.computed = {true};
  row.formula = [](const TableShape&, const Tensors& in) {
    return in[0] * (1.702 * in[0]).sigmoid();
  };
  row.ours = [](const Call& c) {
    const at::Tensor& x = c.inputs[0];
    const at::Tensor y = at::empty_like(x);
    run_on_host(Gelu{x.numel(), memory_of(x), memory_of(y), element_of(x), GeluKind::quick});
    return Outcome{y, {}};
  };
  return row;
}

TableOperation column_sums_row() {
  return like("row_sum", [](const Call& c) {
    const at::Tensor& x = c.inputs[0];
    const at::Tensor sums = zero_vector(c.shape), space = workspace(c.shape, c.shape.width);
    run_on_host(ColumnSums{.rows = c.shape.rows(),
                           .width = c.shape.width,
                           .x = memory_of(x),
                           .element = element_of(x),
                           .workspace = floats_of(space),
                           .column_sums = floats_of(sums)});
    return Outcome{sums, {}};
  });
}

std::vector<TableOperation> operations() {
  std::vector<TableOperation> all{
      residual_row("norm", {.branch = false, .scales = false, .norm = true}),
      residual_row("residual", {.branch = true, .scales = true, .norm = false}),
      residual_row("residual_norm", {.branch = true, .scales = true, .norm = true}),
      residual_row("residual_norm_unscaled", {.branch = true, .scales = false, .norm = true}),
      gelu_row("gelu", GeluKind::exact),
      gelu_row("tanh_gelu", GeluKind::tanh),
      quick_gelu_row(),
      column_sums_row()};
  for (TableOperation& operation : gpu_step_operations()) all.push_back(std::move(operation));
  for (TableOperation& operation : all) {
    operation.name = "gpu_" + operation.name;
    operation.levels = false;
    operation.on_any_device = false;  // the body itself runs here
    // No whole vector; more than a warp, with an end; more rows than partial sums; the widest.
    operation.more = {
        {1, 3, 7, 1}, {2, 5, 130, 1}, {41, 30, 9, 1}, {1, 2, 1030, 1}, {2, 1, 4096, 1}};
  }
  return all;
}

}  // namespace
}  // namespace dbot::ops::cuda

namespace dbot::ops {

std::vector<TableOperation> gpu_operations() {
  return cuda::operations();
}

}  // namespace dbot::ops
