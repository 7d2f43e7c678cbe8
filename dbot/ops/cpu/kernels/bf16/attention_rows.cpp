#include "dbot/ops/cpu/kernels/bf16/attention_rows.h"

#include <algorithm>
#include <cmath>

#include "dbot/simd/kernel_level.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/ops/cpu/kernels/bf16/attention_rows.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "dbot/ops/cpu/kernels/bf16/narrow-inl.h"
#include "dbot/simd/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::ops::HWY_NAMESPACE {

using namespace simd::HWY_NAMESPACE;  // loads, stores and functions on vectors
using c10::BFloat16;

constexpr float kUnseenLogit = -1e7F;  // of padded keys: kPaddedLogit of backends.h
constexpr float kLog2E = 1.44269504F;

/// 2^x for x up to 80, relative error 3e-6, which bfloat16 does not see; below −126 it stays there.
/// A NaN stays one.
HWY_INLINE Vector power_of_two(Vector x) {
  const hn::RebindToSigned<Floats> integers;
  const Vector bounded = hn::Max(constant(-126.0F), x);
  // Adding 1.5·2²³ rounds to an integer, which then stands in the lowest bits.
  const Vector shifted = hn::Add(bounded, constant(12582912.0F));
  const Vector rest = hn::Sub(bounded, hn::Sub(shifted, constant(12582912.0F)));
  // Taylor's series of e^(rest ln 2), |rest| ≤ 1/2.
  Vector series = hn::MulAdd(rest, constant(0.00133335581F), constant(0.00961812911F));
  series = hn::MulAdd(rest, series, constant(0.0555041087F));
  series = hn::MulAdd(rest, series, constant(0.240226507F));
  series = hn::MulAdd(rest, series, constant(0.693147181F));
  series = hn::MulAdd(rest, series, constant(1.0F));
  const auto power = hn::ShiftLeft<23>(hn::BitCast(integers, shifted));
  return hn::BitCast(Floats(), hn::Add(hn::BitCast(integers, series), power));
}

/// The logits of one row, without bias and padding, in units of ln 2: exponentials are powers of
/// two.
class PlainLogits {
 public:
  HWY_INLINE PlainLogits(const LogitRows& rows, std::int64_t row)
      : products_(rows.products + row * rows.row), scale_(rows.scale * kLog2E) {}
  template <typename Get>
  HWY_INLINE Vector at(std::size_t i, Get) const {
    return hn::Mul(load(products_ + i), constant(scale_));
  }
  /// The natural logarithm of what a logit stands for, and back.
  static float logarithm(float logit) { return logit / kLog2E; }
  static float logit(float logarithm) { return logarithm * kLog2E; }
  static HWY_INLINE Vector exponential(Vector x) { return power_of_two(x); }

 private:
  const float* products_;
  float scale_;
};

/// With bias or padding.
class FullLogits {
 public:
  HWY_INLINE FullLogits(const LogitRows& rows, std::int64_t row)
      : products_(rows.products + row * rows.row),
        bias_(rows.bias == nullptr ? nullptr : rows.bias + row * rows.tokens),
        padding_(rows.padding),
        scale_(rows.scale) {}
  /// get: a load that stays within the last token.
  template <typename Get>
  HWY_INLINE Vector at(std::size_t i, Get get) const {
    Vector logits = hn::Mul(load(products_ + i), constant(scale_));
    if (bias_ != nullptr) logits = hn::Add(logits, get(bias_ + i));
    if (padding_ == nullptr) return logits;
    return hn::IfThenElse(hn::Gt(get(padding_ + i), constant(0.5F)), constant(kUnseenLogit),
                          logits);
  }
  static float logarithm(float logit) { return logit; }
  static float logit(float logarithm) { return logarithm; }
  static HWY_INLINE Vector exponential(Vector x) { return simd::HWY_NAMESPACE::exponential(x); }

 private:
  const float *products_, *bias_, *padding_;
  float scale_;
};

/// Calls body(i, logits) for the vectors of a row that are all tokens, then last(i, logits, rest)
/// for the one that has `rest` of them, if there is one. Returns where the row's vectors end.
template <typename Logits, typename Body, typename Last>
HWY_INLINE std::size_t for_row(const Logits& logits, std::int64_t token_count, Body body,
                               Last last) {
  const std::size_t lanes = hn::Lanes(Floats());
  const auto tokens = static_cast<std::size_t>(token_count);
  std::size_t i = 0;
  for (; i + lanes <= tokens; i += lanes) {
    body(i, logits.at(i, [](const float* from) HWY_ATTR { return load(from); }));
  }
  if (i == tokens) return i;
  const std::size_t rest = tokens - i;
  last(i, logits.at(i, [rest](const float* from) HWY_ATTR { return load_part(from, rest); }), rest);
  return i + lanes;
}

template <typename Rounding>
HWY_INLINE void clear(BFloat16* row, std::size_t from, std::int64_t to) {
  for (; from < static_cast<std::size_t>(to); from += hn::Lanes(Floats())) {
    Rounding::store(constant(0.0F), row + from);
  }
}

HWY_INLINE auto first(std::size_t count) {
  return hn::FirstN(Floats(), count);
}

template <typename Logits, typename Rounding>
HWY_INLINE void softmax_rows(const LogitRows& rows, const SoftmaxRows& result) {
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const Logits logits(rows, r);
    BFloat16* to = result.exponentials + r * result.row;
    Vector largest = constant(-INFINITY);
    for_row(
        logits, rows.tokens, [&](std::size_t, Vector x) HWY_ATTR { largest = hn::Max(largest, x); },
        [&](std::size_t, Vector x, std::size_t rest) HWY_ATTR {
          largest = hn::Max(largest, hn::IfThenElse(first(rest), x, constant(-INFINITY)));
        });
    const float top = hn::GetLane(hn::MaxOfLanes(Floats(), largest));
    Vector total = constant(0.0F);
    const auto put = [&](std::size_t i, Vector value) HWY_ATTR {
      total = hn::Add(total, value);
      Rounding::store(value, to + i);
    };
    const std::size_t end = for_row(
        logits, rows.tokens,
        [&](std::size_t i, Vector x)
            HWY_ATTR { put(i, Logits::exponential(hn::Sub(x, constant(top)))); },
        [&](std::size_t i, Vector x, std::size_t rest) HWY_ATTR {
          const Vector value = Logits::exponential(hn::Sub(x, constant(top)));
          put(i, hn::IfThenElseZero(first(rest), value));
        });
    clear<Rounding>(to, end, result.row);
    const float all = sum(total);
    result.inverse[r] = 1.0F / all;
    result.log_sums[r] = Logits::logarithm(top) + std::log(all);
  }
}

HWY_INLINE void add_part(Vector values, std::size_t count, float* total) {
  store_part(hn::Add(load_part(total, count), values), total, count);
}

/// The probabilities of a row take the place of its products. Returns Σ p·outer.
template <typename Logits>
HWY_INLINE float probability_row(const LogitRows& rows, std::int64_t r, float log_sum,
                                 const float* outer) {
  const Logits logits(rows, r);
  float* to = rows.products + r * rows.row;
  const Vector shift = constant(Logits::logit(log_sum));
  Vector total = constant(0.0F);
  const auto put = [&](std::size_t i, Vector p, Vector of_p) HWY_ATTR {
    total = hn::MulAdd(p, of_p, total);
    store(p, to + i);
  };
  for_row(
      logits, rows.tokens,
      [&](std::size_t i, Vector x)
          HWY_ATTR { put(i, Logits::exponential(hn::Sub(x, shift)), load(outer + i)); },
      [&](std::size_t i, Vector x, std::size_t rest) HWY_ATTR {
        const Vector p = Logits::exponential(hn::Sub(x, shift));
        put(i, hn::IfThenElseZero(first(rest), p),
            hn::IfThenElseZero(first(rest), load(outer + i)));
      });
  return sum(total);
}

template <typename Logits, typename Rounding>
HWY_INLINE void slope_rows(const LogitRows& rows, const SlopeRows& result) {
  const std::size_t lanes = hn::Lanes(Floats());
  const auto tokens = static_cast<std::size_t>(rows.tokens);
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const float* p_row = rows.products + r * rows.row;
    const float* outer = result.outer + r * rows.row;
    const Vector mean = constant(probability_row<Logits>(rows, r, result.log_sums[r], outer));
    BFloat16* probabilities = result.probabilities + r * result.row;
    BFloat16* slopes = result.slopes + r * result.row;
    float* bias =
        result.bias_gradient == nullptr ? nullptr : result.bias_gradient + r * rows.tokens;
    std::size_t i = 0;
    for (; i < tokens; i += lanes) {
      const Vector p = load(p_row + i);
      Vector slope = hn::Mul(p, hn::Sub(load(outer + i), mean));
      const std::size_t rest = tokens - i;
      if (rest < lanes) slope = hn::IfThenElseZero(first(rest), slope);
      Rounding::store(p, probabilities + i);
      Rounding::store(slope, slopes + i);
      if (bias == nullptr) continue;
      if (rest < lanes) {
        add_part(slope, rest, bias + i);
      } else {
        store(hn::Add(load(bias + i), slope), bias + i);
      }
    }
    clear<Rounding>(probabilities, i, result.row);
    clear<Rounding>(slopes, i, result.row);
  }
}

template <typename Rounding>
void softmax(const LogitRows& rows, const SoftmaxRows& result) {
  if (rows.bias == nullptr && rows.padding == nullptr) {
    return softmax_rows<PlainLogits, Rounding>(rows, result);
  }
  softmax_rows<FullLogits, Rounding>(rows, result);
}

template <typename Rounding>
void softmax_backward(const LogitRows& rows, const SlopeRows& result) {
  if (rows.bias == nullptr && rows.padding == nullptr) {
    return slope_rows<PlainLogits, Rounding>(rows, result);
  }
  slope_rows<FullLogits, Rounding>(rows, result);
}

template <typename Rounding>
void write(const WrittenRows& rows) {
  const std::size_t lanes = hn::Lanes(Floats());
  const auto width = static_cast<std::size_t>(rows.width);
  for (std::int64_t r = 0; r < rows.rows; ++r) {
    const float* from = rows.from + r * rows.from_row;
    BFloat16* to = rows.to + r * rows.to_row;
    const Vector factor = constant(rows.factors == nullptr ? rows.factor : rows.factors[r]);
    std::size_t i = 0;
    for (; i + lanes <= width; i += lanes) Rounding::store(hn::Mul(load(from + i), factor), to + i);
    if (i < width) store_part(hn::Mul(load_part(from + i, width - i), factor), to + i, width - i);
  }
}

template <typename Rounding>
AttentionRows rows_rounded_by() {
  return {.softmax = softmax<Rounding>,
          .softmax_backward = softmax_backward<Rounding>,
          .write = write<Rounding>};
}

AttentionRows rows(bool processor_rounds) {
  return processor_rounds ? rows_rounded_by<RoundedByProcessor>()
                          : rows_rounded_by<RoundedByArithmetic>();
}

}  // namespace dbot::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::ops {

HWY_EXPORT(rows);

AttentionRows attention_rows() {
  return HWY_DYNAMIC_DISPATCH(rows)(simd::kernel_level() >= simd::KernelLevel::avx512_bf16);
}

}  // namespace dbot::ops
#endif
