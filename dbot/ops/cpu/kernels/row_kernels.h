#pragma once

#include <cstdint>

// The work between matrix products, over a range of rows, by one thread. `Element` is float or
// c10::BFloat16: what the matrix products read and write. Everything is computed in float32. Sums
// over rows are added to what the accumulators hold, so that a thread can go on with more rows.
namespace dbot::ops {

/// Which rows of [samples · tokens, width] to do, and the factor of each sample's branch.
struct Rows {
  std::int64_t begin = 0, end = 0;
  std::int64_t width = 0;
  std::int64_t tokens = 1;              // rows of one sample
  const float* branch_scale = nullptr;  // [samples]; null: 1
};

/// What LayerNorm's backward pass needs of each row.
struct NormStatistics {
  float* mean = nullptr;     // [rows]
  float* inverse = nullptr;  // [rows], 1/sqrt(variance + eps)
};

/// Gain and bias of a LayerNorm, [width] each.
struct NormWeights {
  const float* weight = nullptr;
  const float* bias = nullptr;
  double eps = 1e-6;
};

template <typename Element>
struct RowKernels {
  /// y = LayerNorm(x).
  void (*layer_norm)(const Rows& rows, const float* x, NormWeights norm, Element* y,
                     NormStatistics statistics);
  /// total = x + scale · branch, and y = LayerNorm(total).
  void (*add_layer_norm)(const Rows& rows, const float* x, const Element* branch, NormWeights norm,
                         float* total, Element* y, NormStatistics statistics);
  /// total = x + scale · branch.
  void (*add)(const Rows& rows, const float* x, const Element* branch, float* total);
  /// y = x in the type of the products.
  void (*convert)(const Rows& rows, const float* x, Element* y);
  /// scaled = scale · x in the type of the products, which for scale 0 is a clean 0. The columns of
  /// scaled are summed into column_sums [width].
  void (*scale)(const Rows& rows, const float* x, Element* scaled, float* column_sums);
  /// dx = outer + what comes from dy through y = LayerNorm(x). Adds to the gradients of gain and
  /// bias. dx may be outer.
  void (*layer_norm_backward)(const Rows& rows, const Element* dy, const float* x,
                              NormStatistics statistics, const float* weight, const float* outer,
                              float* dx, float* weight_gradient, float* bias_gradient);
  /// y = x Φ(x), the exact GELU.
  void (*gelu)(const Rows& rows, const Element* x, Element* y);
  /// y = x sigmoid(1.702 x).
  void (*quick_gelu)(const Rows& rows, const Element* x, Element* y);
  /// y = x (1 + tanh(√(2/π) (x + 0.044715 x³)))/2.
  void (*tanh_gelu)(const Rows& rows, const Element* x, Element* y);
  /// From x and dy, which becomes dx in place: dx = dy · (Φ(x) + x φ(x)); and y once more. The
  /// columns of dx are summed.
  void (*gelu_backward)(const Rows& rows, const Element* x, Element* dy, Element* y,
                        float* column_sums);
  /// The same of tanh_gelu.
  void (*tanh_gelu_backward)(const Rows& rows, const Element* x, Element* dy, Element* y,
                             float* column_sums);
  /// Sums the columns of x.
  void (*sum_columns)(const Rows& rows, const Element* x, float* column_sums);
};

/// The kernels for the best instruction set of this processor.
template <typename Element>
RowKernels<Element> row_kernels();

}  // namespace dbot::ops
