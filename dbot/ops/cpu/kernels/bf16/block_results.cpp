#include "dbot/ops/cpu/kernels/bf16/block_results.h"

#include "dbot/simd/kernel_level.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/ops/cpu/kernels/bf16/block_results.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "dbot/ops/cpu/kernels/activations-inl.h"
#include "dbot/ops/cpu/kernels/bf16/narrow-inl.h"
#include "dbot/simd/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::ops::HWY_NAMESPACE {

using namespace simd::HWY_NAMESPACE;  // loads, stores and functions on vectors

/// Whole vectors, in memory as floats or, rounded, as bfloat16.
template <typename Rounding>
struct Whole {
  HWY_INLINE void operator()(Vector values, float* to) const { store(values, to); }
  HWY_INLINE void operator()(Vector values, c10::BFloat16* to) const {
    Rounding::store(values, to);
  }
};

/// Calls body(i, value, at, get, put) for vectors of all rows: i counts columns of the block, `at`
/// is the place in the whole matrix.
template <typename Rounding, typename Body>
HWY_INLINE void for_block(const Results& results, const ResultBlock& block, Body body) {
  const std::size_t lanes = hn::Lanes(Floats());
  const auto columns = static_cast<std::size_t>(block.columns);
  for (std::int64_t row = 0; row < block.rows; ++row) {
    const std::int64_t begin = (block.row + row) * results.columns + block.column;
    const float* c = block.c + row * block.c_row;
    std::size_t i = 0;
    for (; i + lanes <= columns; i += lanes) {
      body(
          i, load(c + i), begin + static_cast<std::int64_t>(i),
          [](const auto* from) HWY_ATTR { return load(from); }, Whole<Rounding>());
    }
    if (i == columns) continue;
    const std::size_t rest = columns - i;
    body(
        i, load(c + i), begin + static_cast<std::int64_t>(i),
        [rest](const auto* from) HWY_ATTR { return load_part(from, rest); },
        [rest](Vector values, auto* to) HWY_ATTR { store_part(values, to, rest); });
  }
}

template <typename Get>
HWY_INLINE Vector with_bias(const Results& results, const ResultBlock& block, std::size_t i,
                            Vector value, Get get) {
  if (results.bias == nullptr) return value;
  return hn::Add(value, get(results.bias + block.column + i));
}

template <typename Rounding>
void store_block(const Results& results, const ResultBlock& block) {
  for_block<Rounding>(
      results, block,
      [&](std::size_t i, Vector value, std::int64_t at, auto get, auto put)
          HWY_ATTR { put(with_bias(results, block, i, value, get), results.y + at); });
}

/// The activation sees `hidden` as it is kept, rounded, so that the backward pass sees the same.
template <typename Rounding, typename Activation>
HWY_INLINE void activate(const Results& results, const ResultBlock& block, Activation activation) {
  for_block<Rounding>(results, block,
                      [&](std::size_t i, Vector value, std::int64_t at, auto get, auto put)
                          HWY_ATTR {
                            const Vector hidden = with_bias(results, block, i, value, get);
                            if (results.hidden != nullptr) put(hidden, results.hidden + at);
                            put(activation(hidden), results.y + at);
                          });
}

template <typename Rounding>
void gelu_block(const Results& results, const ResultBlock& block) {
  activate<Rounding>(results, block, [](Vector x) HWY_ATTR { return gelu_of(x); });
}

template <typename Rounding>
void quick_gelu_block(const Results& results, const ResultBlock& block) {
  activate<Rounding>(results, block, [](Vector x) HWY_ATTR { return quick_gelu_of(x); });
}

template <typename Rounding>
void tanh_gelu_block(const Results& results, const ResultBlock& block) {
  activate<Rounding>(results, block, [](Vector x) HWY_ATTR { return tanh_gelu_of(x); });
}

template <typename Rounding>
void residual_block(const Results& results, const ResultBlock& block) {
  ResultBlock one = block;
  one.rows = 1;
  for (std::int64_t row = 0; row < block.rows; ++row) {
    one.row = block.row + row;
    one.c = block.c + row * block.c_row;
    const Vector scale =
        constant(results.scale == nullptr ? 1.0F : results.scale[one.row / results.tokens]);
    for_block<Rounding>(
        results, one,
        [&](std::size_t i, Vector value, std::int64_t at, auto get, auto put) HWY_ATTR {
          const Vector branch = with_bias(results, one, i, value, get);
          put(hn::MulAdd(branch, scale, get(results.x + at)), results.total + at);
        });
  }
}

/// One vector of columns, all rows: their sum stays in a register. slope(hidden) gives the
/// activation and its derivative.
template <typename Slope, typename Get, typename Put>
HWY_INLINE void activate_columns_backward(const Results& results, const ResultBlock& block,
                                          std::size_t i, Slope slope, Get get, Put put) {
  Vector sum = get(block.column_sums + i);
  for (std::int64_t row = 0; row < block.rows; ++row) {
    const std::int64_t at =
        (block.row + row) * results.columns + block.column + static_cast<std::int64_t>(i);
    const ActivationSlope found = slope(get(results.hidden + at));
    const Vector gradient = hn::Mul(load(block.c + row * block.c_row + i), found.derivative);
    put(found.value, results.activated + at);
    put(gradient, results.y + at);
    sum = hn::Add(sum, gradient);
  }
  put(sum, block.column_sums + i);
}

template <typename Rounding, typename Slope>
HWY_INLINE void activate_backward(const Results& results, const ResultBlock& block, Slope slope) {
  const std::size_t lanes = hn::Lanes(Floats());
  const auto columns = static_cast<std::size_t>(block.columns);
  std::size_t i = 0;
  for (; i + lanes <= columns; i += lanes) {
    activate_columns_backward(
        results, block, i, slope, [](const auto* from) HWY_ATTR { return load(from); },
        Whole<Rounding>());
  }
  if (i == columns) return;
  const std::size_t rest = columns - i;
  activate_columns_backward(
      results, block, i, slope, [rest](const auto* from) HWY_ATTR { return load_part(from, rest); },
      [rest](Vector values, auto* to) HWY_ATTR { store_part(values, to, rest); });
}

template <typename Rounding>
void gelu_backward_block(const Results& results, const ResultBlock& block) {
  activate_backward<Rounding>(results, block, [](Vector x) HWY_ATTR { return gelu_slope(x); });
}

template <typename Rounding>
void tanh_gelu_backward_block(const Results& results, const ResultBlock& block) {
  activate_backward<Rounding>(results, block, [](Vector x) HWY_ATTR { return tanh_gelu_slope(x); });
}

template <typename Rounding>
void accumulate_block(const Results& results, const ResultBlock& block) {
  for_block<Rounding>(results, block,
                      [&](std::size_t, Vector value, std::int64_t at, auto get, auto put) HWY_ATTR {
                        put(hn::Add(get(results.total + at), value), results.total + at);
                      });
}

template <typename Rounding>
ResultKernel kernel_rounded_by(ResultKind kind) {
  switch (kind) {
    case ResultKind::store:
      return store_block<Rounding>;
    case ResultKind::gelu:
      return gelu_block<Rounding>;
    case ResultKind::quick_gelu:
      return quick_gelu_block<Rounding>;
    case ResultKind::tanh_gelu:
      return tanh_gelu_block<Rounding>;
    case ResultKind::residual:
      return residual_block<Rounding>;
    case ResultKind::gelu_backward:
      return gelu_backward_block<Rounding>;
    case ResultKind::tanh_gelu_backward:
      return tanh_gelu_backward_block<Rounding>;
    case ResultKind::accumulate:
      break;
  }
  return accumulate_block<Rounding>;
}

ResultKernel kernel_of(ResultKind kind, bool processor_rounds) {
  return processor_rounds ? kernel_rounded_by<RoundedByProcessor>(kind)
                          : kernel_rounded_by<RoundedByArithmetic>(kind);
}

}  // namespace dbot::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::ops {

HWY_EXPORT(kernel_of);

ResultKernel result_kernel(ResultKind kind) {
  return HWY_DYNAMIC_DISPATCH(kernel_of)(kind,
                                         simd::kernel_level() >= simd::KernelLevel::avx512_bf16);
}

}  // namespace dbot::ops
#endif
