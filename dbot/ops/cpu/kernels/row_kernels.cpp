#include "dbot/ops/cpu/kernels/row_kernels.h"

#include <c10/util/BFloat16.h>

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/ops/cpu/kernels/row_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "dbot/ops/cpu/kernels/activations-inl.h"
#include "dbot/simd/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::ops::HWY_NAMESPACE {

using namespace simd::HWY_NAMESPACE;  // loads, stores and functions on vectors

HWY_INLINE Vector branch_scale(const Rows& rows, std::int64_t row) {
  return constant(rows.branch_scale == nullptr ? 1.0F : rows.branch_scale[row / rows.tokens]);
}

/// Mean and inverse deviation of one row. Two passes: the row is in the first cache.
HWY_INLINE void measure(const float* x, std::size_t width, double eps, float* mean,
                        float* inverse) {
  Vector total = constant(0.0F);
  for_vectors(width,
              [&](std::size_t i, auto get, auto) HWY_ATTR { total = hn::Add(total, get(x + i)); });
  const float average = sum(total) / static_cast<float>(width);
  const std::size_t lanes = hn::Lanes(Floats());
  Vector squares = constant(0.0F);
  std::size_t i = 0;
  for (; i + lanes <= width; i += lanes) {
    const Vector centred = hn::Sub(load(x + i), constant(average));
    squares = hn::MulAdd(centred, centred, squares);
  }
  float variance = sum(squares);
  for (; i < width; ++i) variance += (x[i] - average) * (x[i] - average);
  variance /= static_cast<float>(width);
  *mean = average;
  *inverse = 1.0F / std::sqrt(variance + static_cast<float>(eps));
}

template <typename Element>
HWY_INLINE void normalise_row(const float* x, std::size_t width, float mean, float inverse,
                              NormWeights norm, Element* y) {
  const Vector centre = constant(mean), scale = constant(inverse);
  for_vectors(width, [&](std::size_t i, auto get, auto put) HWY_ATTR {
    const Vector normal_x = hn::Mul(hn::Sub(get(x + i), centre), scale);
    put(hn::MulAdd(normal_x, get(norm.weight + i), get(norm.bias + i)), y + i);
  });
}

template <typename Element>
void layer_norm(const Rows& rows, const float* x, NormWeights norm, Element* y,
                NormStatistics statistics) {
  const auto width = static_cast<std::size_t>(rows.width);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const float* from = x + row * rows.width;
    measure(from, width, norm.eps, statistics.mean + row, statistics.inverse + row);
    normalise_row(from, width, statistics.mean[row], statistics.inverse[row], norm,
                  y + row * rows.width);
  }
}

template <typename Element>
HWY_INLINE void add_row(const Rows& rows, std::int64_t row, const float* x, const Element* branch,
                        float* to) {
  const Vector scale = branch_scale(rows, row);
  const std::int64_t begin = row * rows.width;
  for_vectors(static_cast<std::size_t>(rows.width),
              [&](std::size_t i, auto get, auto put) HWY_ATTR {
                const std::size_t at = static_cast<std::size_t>(begin) + i;
                put(hn::MulAdd(get(branch + at), scale, get(x + at)), to + at);
              });
}

template <typename Element>
void add_layer_norm(const Rows& rows, const float* x, const Element* branch, NormWeights norm,
                    float* total, Element* y, NormStatistics statistics) {
  Rows one = rows;
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    add_row(rows, row, x, branch, total);
    one.begin = row;
    one.end = row + 1;
    layer_norm(one, total, norm, y, statistics);
  }
}

template <typename Element>
void add(const Rows& rows, const float* x, const Element* branch, float* total) {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) add_row(rows, row, x, branch, total);
}

template <typename Element>
void convert(const Rows& rows, const float* x, Element* y) {
  const std::int64_t begin = rows.begin * rows.width;
  for_vectors(static_cast<std::size_t>((rows.end - rows.begin) * rows.width),
              [&](std::size_t i, auto get, auto put)
                  HWY_ATTR { put(get(x + begin + i), y + begin + i); });
}

template <typename Element>
void scale(const Rows& rows, const float* outer, Element* gradient, float* column_sums) {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const Vector factor = branch_scale(rows, row);
    const float* from = outer + row * rows.width;
    Element* to = gradient + row * rows.width;
    for_vectors(static_cast<std::size_t>(rows.width),
                [&](std::size_t i, auto get, auto put) HWY_ATTR {
                  const Vector value = hn::Mul(get(from + i), factor);
                  put(value, to + i);
                  put(hn::Add(get(column_sums + i), value), column_sums + i);
                });
  }
}

template <typename Element>
void layer_norm_backward(const Rows& rows, const Element* dy, const float* x,
                         NormStatistics statistics, const float* weight, const float* outer,
                         float* dx, float* weight_gradient, float* bias_gradient) {
  const auto width = static_cast<std::size_t>(rows.width);
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const std::int64_t begin = row * rows.width;
    const Element* dy_row = dy + begin;
    const float* x_row = x + begin;
    const Vector mean = constant(statistics.mean[row]);
    const Vector inverse = constant(statistics.inverse[row]);
    // With n = (x − mean)·inverse and g = dy·weight: dx = inverse·(g − mean(g) − n·mean(g·n)).
    Vector sum_g = constant(0.0F), sum_gn = constant(0.0F);
    for_vectors(width, [&](std::size_t i, auto get, auto put) HWY_ATTR {
      const Vector gradient = get(dy_row + i);
      // Zero where there is no column: the weight's load is zero there, and so is g.
      const Vector g = hn::Mul(gradient, get(weight + i));
      const Vector n = hn::Mul(hn::Sub(get(x_row + i), mean), inverse);
      sum_g = hn::Add(sum_g, g);
      sum_gn = hn::MulAdd(g, n, sum_gn);
      put(hn::MulAdd(gradient, n, get(weight_gradient + i)), weight_gradient + i);
      put(hn::Add(gradient, get(bias_gradient + i)), bias_gradient + i);
    });
    const float share = 1.0F / static_cast<float>(rows.width);
    const Vector mean_g = constant(sum(sum_g) * share), mean_gn = constant(sum(sum_gn) * share);
    for_vectors(width, [&](std::size_t i, auto get, auto put) HWY_ATTR {
      const Vector g = hn::Mul(get(dy_row + i), get(weight + i));
      const Vector n = hn::Mul(hn::Sub(get(x_row + i), mean), inverse);
      const Vector inner = hn::NegMulAdd(n, mean_gn, hn::Sub(g, mean_g));
      const std::size_t at = static_cast<std::size_t>(begin) + i;
      put(hn::MulAdd(inner, inverse, get(outer + at)), dx + at);
    });
  }
}

/// y = activation(x) of all rows.
template <typename Element, typename Activation>
HWY_INLINE void map_rows(const Rows& rows, const Element* x, Element* y, Activation activation) {
  const std::int64_t begin = rows.begin * rows.width;
  for_vectors(static_cast<std::size_t>((rows.end - rows.begin) * rows.width),
              [&](std::size_t i, auto get, auto put)
                  HWY_ATTR { put(activation(get(x + begin + i)), y + begin + i); });
}

template <typename Element>
void gelu(const Rows& rows, const Element* x, Element* y) {
  map_rows(rows, x, y, [](Vector value) HWY_ATTR { return gelu_of(value); });
}

template <typename Element>
void quick_gelu(const Rows& rows, const Element* x, Element* y) {
  map_rows(rows, x, y, [](Vector value) HWY_ATTR { return quick_gelu_of(value); });
}

template <typename Element>
void tanh_gelu(const Rows& rows, const Element* x, Element* y) {
  map_rows(rows, x, y, [](Vector value) HWY_ATTR { return tanh_gelu_of(value); });
}

/// slope(x) gives the activation and its derivative.
template <typename Element, typename Slope>
HWY_INLINE void activation_backward(const Rows& rows, const Element* x, Element* dy, Element* y,
                                    float* column_sums, Slope slope) {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const std::int64_t begin = row * rows.width;
    for_vectors(static_cast<std::size_t>(rows.width),
                [&](std::size_t i, auto get, auto put) HWY_ATTR {
                  const std::size_t at = static_cast<std::size_t>(begin) + i;
                  const ActivationSlope found = slope(get(x + at));
                  const Vector gradient = hn::Mul(get(dy + at), found.derivative);
                  put(found.value, y + at);
                  put(gradient, dy + at);
                  put(hn::Add(get(column_sums + i), gradient), column_sums + i);
                });
  }
}

template <typename Element>
void tanh_gelu_backward(const Rows& rows, const Element* x, Element* dy, Element* y,
                        float* column_sums) {
  activation_backward(rows, x, dy, y, column_sums,
                      [](Vector value) HWY_ATTR { return tanh_gelu_slope(value); });
}

template <typename Element>
void gelu_backward(const Rows& rows, const Element* x, Element* dy, Element* y,
                   float* column_sums) {
  activation_backward(rows, x, dy, y, column_sums,
                      [](Vector value) HWY_ATTR { return gelu_slope(value); });
}

template <typename Element>
void sum_columns(const Rows& rows, const Element* x, float* column_sums) {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    const Element* from = x + row * rows.width;
    for_vectors(static_cast<std::size_t>(rows.width),
                [&](std::size_t i, auto get, auto put) HWY_ATTR {
                  put(hn::Add(get(column_sums + i), get(from + i)), column_sums + i);
                });
  }
}

template <typename Element>
RowKernels<Element> kernels() {
  return {.layer_norm = layer_norm<Element>,
          .add_layer_norm = add_layer_norm<Element>,
          .add = add<Element>,
          .convert = convert<Element>,
          .scale = scale<Element>,
          .layer_norm_backward = layer_norm_backward<Element>,
          .gelu = gelu<Element>,
          .quick_gelu = quick_gelu<Element>,
          .tanh_gelu = tanh_gelu<Element>,
          .gelu_backward = gelu_backward<Element>,
          .tanh_gelu_backward = tanh_gelu_backward<Element>,
          .sum_columns = sum_columns<Element>};
}

RowKernels<float> float_kernels() {
  return kernels<float>();
}

RowKernels<c10::BFloat16> bfloat16_kernels() {
  return kernels<c10::BFloat16>();
}

}  // namespace dbot::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::ops {

HWY_EXPORT(float_kernels);
HWY_EXPORT(bfloat16_kernels);

template <>
RowKernels<float> row_kernels<float>() {
  return HWY_DYNAMIC_DISPATCH(float_kernels)();
}

template <>
RowKernels<c10::BFloat16> row_kernels<c10::BFloat16>() {
  return HWY_DYNAMIC_DISPATCH(bfloat16_kernels)();
}

}  // namespace dbot::ops
#endif
