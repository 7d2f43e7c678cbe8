#pragma once

#include "dbot/ops/cuda/bodies/columns.h"

// GELU in three forms, and its backward pass with the sum for the bias before it. cuBLASLt's own
// epilogue has the form by tanh alone.
namespace dbot::ops::cuda {

struct Activation {
  float value, slope;
};

DBOT_DEVICE inline Activation exact_gelu(float x) {
  constexpr float kRootHalf = 0.70710678F, kInverseRootTwoPi = 0.39894228F;
  const float cumulative = 0.5F * std::erfc(-x * kRootHalf);
  const float density = kInverseRootTwoPi * std::exp(-0.5F * x * x);
  return {x * cumulative, std::fma(x, density, cumulative)};
}

/// 1/(1 + e^−2u) = (1 + tanh u)/2 of u = √(2/π) (x + 0.044715 x³).
DBOT_DEVICE inline Activation tanh_gelu(float x) {
  constexpr float kRoot = 0.79788456F, kCubic = 0.0356774081F;
  const float square = x * x;
  const float share = 1.0F / (1.0F + std::exp(-2 * x * std::fma(square, kCubic, kRoot)));
  const float value = x * share;
  // d/dx x·s(x) = s + x·s·(1 − s)·2 du/dx.
  const float steepness = std::fma(square, 6 * kCubic, 2 * kRoot);
  return {value, std::fma(value * (1.0F - share), steepness, share)};
}

DBOT_DEVICE inline float gelu_value(GeluKind kind, float x) {
  if (kind == GeluKind::exact) return exact_gelu(x).value;
  if (kind == GeluKind::tanh) return tanh_gelu(x).value;
  return x / (1.0F + std::exp(-1.702F * x));
}

template <typename Element>
struct GeluBody {
  static constexpr int kThreads = 256;
  static constexpr int kShared = 0;

  Gelu a;
  bool aligned;

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    block.each([&](int thread) {
      const std::int64_t first = 4 * (block.index() * block.threads() + thread);
      if (first >= a.count) return;
      Quad quad = load_quad(static_cast<const Element*>(a.x), first, a.count, aligned);
      for (float& value : quad.at) value = gelu_value(a.kind, value);
      store_quad(quad, static_cast<Element*>(a.y), first, a.count, aligned);
    });
  }
};

template <typename Element>
struct GeluBackwardBody {
  static constexpr int kThreads = kColumnThreads;
  static constexpr int kShared = 0;

  ColumnWalk columns;
  const Element* x;
  Element* gradient;
  bool exact;

  template <typename Block>
  DBOT_DEVICE void operator()(Block& block) const {
    columns.walk(block, [&](std::int64_t row, std::int64_t first) {
      const std::int64_t width = columns.width;
      const Quad values = load_quad(x + row * width, first, width, columns.aligned);
      Quad slopes = load_quad(gradient + row * width, first, width, columns.aligned);
      for (int i = 0; i < 4; ++i) {
        const Activation at = exact ? exact_gelu(values.at[i]) : tanh_gelu(values.at[i]);
        slopes.at[i] = rounded<Element>(slopes.at[i] * at.slope);
      }
      store_quad(slopes, gradient + row * width, first, width, columns.aligned);
      return slopes;
    });
  }
};

template <typename Grid>
int launch(Grid& grid, const Gelu& a) {
  if (a.count < 0 || !all_given({a.x, a.y})) return kRefused;
  const bool aligned = aligned_values({a.x, a.y});
  return with_element(a.element, [&](auto element) {
    using Body = GeluBody<decltype(element)>;
    return grid.run(parts_of(a.count, std::int64_t{4} * Body::kThreads), Body::kThreads,
                    Body{a, aligned});
  });
}

template <typename Grid>
int launch(Grid& grid, const GeluBackward& a) {
  if (!is_shape(a.rows, a.width) || !all_given({a.x, a.gradient}) || a.kind == GeluKind::quick ||
      (a.column_sums != nullptr && a.workspace == nullptr)) {
    return kRefused;
  }
  float* workspace = a.column_sums == nullptr ? nullptr : a.workspace;
  const ColumnWalk walk = column_walk(a.rows, a.width, workspace, {a.x, a.gradient});
  const int walked = with_element(a.element, [&](auto element) {
    using Element = decltype(element);
    return grid.run(
        walk.blocks(), walk.threads(),
        GeluBackwardBody<Element>{walk, static_cast<const Element*>(a.x),
                                  static_cast<Element*>(a.gradient), a.kind == GeluKind::exact});
  });
  if (a.column_sums == nullptr) return walked;
  return then(walked, [&] {
    return fold_columns(grid, a.workspace, walk.partials, a.width, a.column_sums);
  });
}

}  // namespace dbot::ops::cuda
