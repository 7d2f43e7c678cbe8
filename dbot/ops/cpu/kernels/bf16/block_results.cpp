#include "dbot/ops/cpu/kernels/bf16/block_results.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/ops/cpu/kernels/bf16/block_results.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "dbot/ops/cpu/kernels/activations-inl.h"
#include "dbot/simd/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::ops::HWY_NAMESPACE {

using namespace simd::HWY_NAMESPACE;  // loads, stores and functions on vectors

/// Calls body(i, at, get, put) for vectors of all rows: i counts columns of the block, `at` is the
/// place in the whole matrix.
template <typename Body>
HWY_INLINE void for_block(const Results& results, const ResultBlock& block, Body body) {
  for (std::int64_t row = 0; row < block.rows; ++row) {
    const std::int64_t begin = (block.row + row) * results.columns + block.column;
    const float* c = block.c + row * block.c_row;
    for_vectors(static_cast<std::size_t>(block.columns),
                [&](std::size_t i, auto get, auto put) HWY_ATTR {
                  body(i, get(c + i), begin + static_cast<std::int64_t>(i), get, put);
                });
  }
}

template <typename Get>
HWY_INLINE Vector with_bias(const Results& results, const ResultBlock& block, std::size_t i,
                            Vector value, Get get) {
  if (results.bias == nullptr) return value;
  return hn::Add(value, get(results.bias + block.column + i));
}

void store_block(const Results& results, const ResultBlock& block) {
  for_block(results, block,
            [&](std::size_t i, Vector value, std::int64_t at, auto get, auto put) HWY_ATTR {
              put(with_bias(results, block, i, value, get), results.y + at);
            });
}

/// The activation sees `hidden` as it is kept, rounded, so that the backward pass sees the same.
template <typename Activation>
HWY_INLINE void activate(const Results& results, const ResultBlock& block, Activation activation) {
  for_block(results, block,
            [&](std::size_t i, Vector value, std::int64_t at, auto get, auto put) HWY_ATTR {
              const Vector hidden = with_bias(results, block, i, value, get);
              if (results.hidden != nullptr) put(hidden, results.hidden + at);
              put(activation(hidden), results.y + at);
            });
}

void gelu_block(const Results& results, const ResultBlock& block) {
  activate(results, block, [](Vector x) HWY_ATTR { return gelu_of(x); });
}

void quick_gelu_block(const Results& results, const ResultBlock& block) {
  activate(results, block, [](Vector x) HWY_ATTR { return quick_gelu_of(x); });
}

void tanh_gelu_block(const Results& results, const ResultBlock& block) {
  activate(results, block, [](Vector x) HWY_ATTR { return tanh_gelu_of(x); });
}

void residual_block(const Results& results, const ResultBlock& block) {
  ResultBlock one = block;
  one.rows = 1;
  for (std::int64_t row = 0; row < block.rows; ++row) {
    one.row = block.row + row;
    one.c = block.c + row * block.c_row;
    const Vector scale =
        constant(results.scale == nullptr ? 1.0F : results.scale[one.row / results.tokens]);
    for_block(results, one,
              [&](std::size_t i, Vector value, std::int64_t at, auto get, auto put) HWY_ATTR {
                const Vector branch = with_bias(results, one, i, value, get);
                put(hn::MulAdd(branch, scale, get(results.x + at)), results.total + at);
              });
  }
}

/// slope(hidden) gives the activation and its derivative.
template <typename Slope>
HWY_INLINE void activate_backward(const Results& results, const ResultBlock& block, Slope slope) {
  for_block(results, block,
            [&](std::size_t i, Vector value, std::int64_t at, auto get, auto put) HWY_ATTR {
              const ActivationSlope found = slope(get(results.hidden + at));
              const Vector gradient = hn::Mul(value, found.derivative);
              put(found.value, results.activated + at);
              put(gradient, results.y + at);
              put(hn::Add(get(block.column_sums + i), gradient), block.column_sums + i);
            });
}

void gelu_backward_block(const Results& results, const ResultBlock& block) {
  activate_backward(results, block, [](Vector x) HWY_ATTR { return gelu_slope(x); });
}

void tanh_gelu_backward_block(const Results& results, const ResultBlock& block) {
  activate_backward(results, block, [](Vector x) HWY_ATTR { return tanh_gelu_slope(x); });
}

void accumulate_block(const Results& results, const ResultBlock& block) {
  for_block(results, block,
            [&](std::size_t, Vector value, std::int64_t at, auto get, auto put)
                HWY_ATTR { put(hn::Add(get(results.total + at), value), results.total + at); });
}

ResultKernel kernel_of(ResultKind kind) {
  switch (kind) {
    case ResultKind::store:
      return store_block;
    case ResultKind::gelu:
      return gelu_block;
    case ResultKind::quick_gelu:
      return quick_gelu_block;
    case ResultKind::tanh_gelu:
      return tanh_gelu_block;
    case ResultKind::residual:
      return residual_block;
    case ResultKind::gelu_backward:
      return gelu_backward_block;
    case ResultKind::tanh_gelu_backward:
      return tanh_gelu_backward_block;
    case ResultKind::accumulate:
      break;
  }
  return accumulate_block;
}

}  // namespace dbot::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::ops {

HWY_EXPORT(kernel_of);

ResultKernel result_kernel(ResultKind kind) {
  return HWY_DYNAMIC_DISPATCH(kernel_of)(kind);
}

}  // namespace dbot::ops
#endif
