#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <c10/util/BFloat16.h>

#include "dbot/ops/cpu/kernels/row_kernels.h"
#include "dbot/ops/cpu/parallel_rows.h"
#include "dbot/ops/cpu/row_operations.h"

namespace dbot::ops {
namespace {

/// Calls body with a value of the tensor's element type.
template <typename Body>
void with_element(at::ScalarType type, const Body& body) {
  if (type == at::kBFloat16) {
    body(c10::BFloat16());
  } else {
    body(float());
  }
}

Rows rows_of(const at::Tensor& x, const at::Tensor& scale) {
  Rows rows;
  rows.width = x.size(-1);
  rows.tokens = x.size(1);
  rows.branch_scale = scale.defined() ? scale.const_data_ptr<float>() : nullptr;
  return rows;
}

std::int64_t row_count(const at::Tensor& x) {
  return x.size(0) * x.size(1);
}

NormWeights weights_of(const Norm& norm) {
  return {norm.weight.const_data_ptr<float>(), norm.bias.const_data_ptr<float>(), norm.eps};
}

Normed empty_normed(const at::Tensor& x, at::ScalarType compute) {
  const auto rows = row_count(x);
  return {at::empty(x.sizes(), x.options().dtype(compute)), at::empty({rows}, x.options()),
          at::empty({rows}, x.options())};
}

NormStatistics statistics_of(const Normed& normed) {
  return {normed.mean.mutable_data_ptr<float>(), normed.inverse.mutable_data_ptr<float>()};
}

/// Runs body(rows, part) over all rows of x.
template <typename Body>
void for_rows(const at::Tensor& x, const at::Tensor& scale, const Body& body) {
  const Rows all = rows_of(x, scale);
  parallel_rows(row_count(x), [&](std::int64_t part, std::int64_t begin, std::int64_t end) {
    Rows rows = all;
    rows.begin = begin;
    rows.end = end;
    body(rows, part);
  });
}

/// Sums over rows: one row of accumulators a part, added up in their order.
class ColumnSums {
 public:
  ColumnSums(std::int64_t rows, std::int64_t width)
      : parts_(at::zeros({row_parts(rows), width}, at::kFloat)) {}
  float* of(std::int64_t part) { return parts_.mutable_data_ptr<float>() + part * parts_.size(1); }
  void add_to(const at::Tensor& total) const {
    if (!total.defined()) return;
    for (std::int64_t part = 0; part < parts_.size(0); ++part) total.add_(parts_.select(0, part));
  }

 private:
  at::Tensor parts_;
};

/// A function of each element: choose(kernels) is its kernel.
template <typename Choose>
at::Tensor mapped(const at::Tensor& x, const Choose& choose) {
  at::Tensor y = at::empty_like(x);
  with_element(x.scalar_type(), [&](auto element) {
    using Element = decltype(element);
    const auto kernel = choose(row_kernels<Element>());
    for_rows(x, {}, [&](const Rows& rows, std::int64_t) {
      kernel(rows, x.const_data_ptr<Element>(), y.mutable_data_ptr<Element>());
    });
  });
  return y;
}

/// An activation's backward pass in place, and its values: choose(kernels) is its kernel.
template <typename Choose>
at::Tensor activation_backward(const at::Tensor& x, const at::Tensor& gradient,
                               const at::Tensor& bias_gradient, const Choose& choose) {
  at::Tensor y = at::empty_like(x);
  ColumnSums sums(row_count(x), x.size(-1));
  with_element(x.scalar_type(), [&](auto element) {
    using Element = decltype(element);
    const auto kernel = choose(row_kernels<Element>());
    for_rows(x, {}, [&](const Rows& rows, std::int64_t part) {
      kernel(rows, x.const_data_ptr<Element>(), gradient.mutable_data_ptr<Element>(),
             y.mutable_data_ptr<Element>(), sums.of(part));
    });
  });
  sums.add_to(bias_gradient);
  return y;
}

}  // namespace

Normed layer_norm(const at::Tensor& x, const Norm& norm, at::ScalarType compute) {
  Normed normed = empty_normed(x, compute);
  with_element(compute, [&](auto element) {
    using Element = decltype(element);
    const auto kernels = row_kernels<Element>();
    for_rows(x, {}, [&](const Rows& rows, std::int64_t) {
      kernels.layer_norm(rows, x.const_data_ptr<float>(), weights_of(norm),
                         normed.values.mutable_data_ptr<Element>(), statistics_of(normed));
    });
  });
  return normed;
}

std::pair<at::Tensor, Normed> add_layer_norm(const at::Tensor& x, const at::Tensor& branch,
                                             const at::Tensor& scale, const Norm& norm) {
  at::Tensor total = at::empty_like(x);
  Normed normed = empty_normed(x, branch.scalar_type());
  with_element(branch.scalar_type(), [&](auto element) {
    using Element = decltype(element);
    const auto kernels = row_kernels<Element>();
    for_rows(x, scale, [&](const Rows& rows, std::int64_t) {
      kernels.add_layer_norm(rows, x.const_data_ptr<float>(), branch.const_data_ptr<Element>(),
                             weights_of(norm), total.mutable_data_ptr<float>(),
                             normed.values.mutable_data_ptr<Element>(), statistics_of(normed));
    });
  });
  return {std::move(total), std::move(normed)};
}

at::Tensor add_branch(const at::Tensor& x, const at::Tensor& branch, const at::Tensor& scale) {
  at::Tensor total = at::empty_like(x);
  with_element(branch.scalar_type(), [&](auto element) {
    using Element = decltype(element);
    const auto kernels = row_kernels<Element>();
    for_rows(x, scale, [&](const Rows& rows, std::int64_t) {
      kernels.add(rows, x.const_data_ptr<float>(), branch.const_data_ptr<Element>(),
                  total.mutable_data_ptr<float>());
    });
  });
  return total;
}

at::Tensor scaled(const at::Tensor& x, const at::Tensor& scale, at::ScalarType compute,
                  const at::Tensor& bias_gradient) {
  at::Tensor result = at::empty(x.sizes(), x.options().dtype(compute));
  ColumnSums sums(row_count(x), x.size(-1));
  with_element(compute, [&](auto element) {
    using Element = decltype(element);
    const auto kernels = row_kernels<Element>();
    for_rows(x, scale, [&](const Rows& rows, std::int64_t part) {
      kernels.scale(rows, x.const_data_ptr<float>(), result.mutable_data_ptr<Element>(),
                    sums.of(part));
    });
  });
  sums.add_to(bias_gradient);
  return result;
}

at::Tensor layer_norm_backward(const at::Tensor& gradient, const at::Tensor& x,
                               const Normed& normed, const at::Tensor& weight,
                               const at::Tensor& outer, const at::Tensor& weight_gradient,
                               const at::Tensor& bias_gradient) {
  at::Tensor dx = at::empty_like(x);
  ColumnSums weight_sums(row_count(x), x.size(-1)), bias_sums(row_count(x), x.size(-1));
  with_element(gradient.scalar_type(), [&](auto element) {
    using Element = decltype(element);
    const auto kernels = row_kernels<Element>();
    for_rows(x, {}, [&](const Rows& rows, std::int64_t part) {
      kernels.layer_norm_backward(
          rows, gradient.const_data_ptr<Element>(), x.const_data_ptr<float>(),
          statistics_of(normed), weight.const_data_ptr<float>(), outer.const_data_ptr<float>(),
          dx.mutable_data_ptr<float>(), weight_sums.of(part), bias_sums.of(part));
    });
  });
  weight_sums.add_to(weight_gradient);
  bias_sums.add_to(bias_gradient);
  return dx;
}

at::Tensor gelu(const at::Tensor& x) {
  return mapped(x, [](const auto& kernels) { return kernels.gelu; });
}

at::Tensor quick_gelu(const at::Tensor& x) {
  return mapped(x, [](const auto& kernels) { return kernels.quick_gelu; });
}

at::Tensor tanh_gelu(const at::Tensor& x) {
  return mapped(x, [](const auto& kernels) { return kernels.tanh_gelu; });
}

at::Tensor gelu_backward(const at::Tensor& x, const at::Tensor& gradient,
                         const at::Tensor& bias_gradient) {
  return activation_backward(x, gradient, bias_gradient,
                             [](const auto& kernels) { return kernels.gelu_backward; });
}

at::Tensor tanh_gelu_backward(const at::Tensor& x, const at::Tensor& gradient,
                              const at::Tensor& bias_gradient) {
  return activation_backward(x, gradient, bias_gradient,
                             [](const auto& kernels) { return kernels.tanh_gelu_backward; });
}

void add_row_sum(const at::Tensor& x, const at::Tensor& bias_gradient) {
  if (!bias_gradient.defined()) return;
  ColumnSums sums(row_count(x), x.size(-1));
  with_element(x.scalar_type(), [&](auto element) {
    using Element = decltype(element);
    const auto kernels = row_kernels<Element>();
    for_rows(x, {}, [&](const Rows& rows, std::int64_t part) {
      kernels.sum_columns(rows, x.const_data_ptr<Element>(), sums.of(part));
    });
  });
  sums.add_to(bias_gradient);
}

}  // namespace dbot::ops
