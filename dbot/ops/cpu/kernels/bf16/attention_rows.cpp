#include "dbot/ops/cpu/kernels/bf16/attention_rows.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/ops/cpu/kernels/bf16/attention_rows.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "dbot/simd/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::ops::HWY_NAMESPACE {

using namespace simd::HWY_NAMESPACE;  // loads, stores and functions on vectors
using c10::BFloat16;

constexpr float kUnseenLogit = -1e7F;  // of padded keys: kPaddedLogit of backends.h

/// get: a load that stays within the last token.
template <typename Get>
HWY_INLINE Vector logits_at(const LogitRow& row, std::size_t i, Get get) {
  Vector logits = hn::Mul(load(row.products + i), constant(row.scale));
  if (row.bias != nullptr) logits = hn::Add(logits, get(row.bias + i));
  if (row.padding == nullptr) return logits;
  return hn::IfThenElse(hn::Gt(get(row.padding + i), constant(0.5F)), constant(kUnseenLogit),
                        logits);
}

/// Zeros behind the last token.
HWY_INLINE void clear(BFloat16* row, std::int64_t from, std::int64_t to) {
  for (std::int64_t i = from; i < to; ++i) row[i] = BFloat16(0.0F);
}

/// Vectors of a row that begin within `tokens`; the last one may reach beyond: those values count
/// as `outside`.
template <typename Body>
HWY_INLINE void for_row(const LogitRow& row, float outside, Body body) {
  const std::size_t lanes = hn::Lanes(Floats());
  const auto tokens = static_cast<std::size_t>(row.tokens);
  std::size_t i = 0;
  for (; i + lanes <= tokens; i += lanes) {
    body(i, logits_at(row, i, [](const float* from) HWY_ATTR { return load(from); }));
  }
  if (i == tokens) return;
  const std::size_t rest = tokens - i;
  const Vector logits =
      logits_at(row, i, [rest](const float* from) HWY_ATTR { return load_part(from, rest); });
  body(i, hn::IfThenElse(hn::FirstN(Floats(), rest), logits, constant(outside)));
}

RowSum softmax(const LogitRow& row, BFloat16* exponentials, std::int64_t padded) {
  Vector largest = constant(-INFINITY);
  for_row(row, -INFINITY,
          [&](std::size_t, Vector logits) HWY_ATTR { largest = hn::Max(largest, logits); });
  const float top = hn::GetLane(hn::MaxOfLanes(Floats(), largest));
  Vector total = constant(0.0F);
  for_row(row, -INFINITY, [&](std::size_t i, Vector logits) HWY_ATTR {
    const Vector value = exponential(hn::Sub(logits, constant(top)));
    total = hn::Add(total, value);
    store(value, exponentials + i);
  });
  clear(exponentials, row.tokens, padded);
  const float all = sum(total);
  return {top + std::log(all), 1.0F / all};
}

void softmax_backward(const LogitRow& row, const LogitRowGradient& gradient, std::int64_t padded) {
  const Vector log_sum = constant(gradient.log_sum), delta = constant(gradient.delta);
  const auto tokens = static_cast<std::size_t>(row.tokens);
  for_row(row, -INFINITY, [&](std::size_t i, Vector logits) HWY_ATTR {
    const Vector p = exponential(hn::Sub(logits, log_sum));
    // Behind the last token p is 0, but what lies in memory there may be no number.
    const auto inside = hn::FirstN(Floats(), tokens - i);
    const Vector outer = hn::IfThenElseZero(inside, load(gradient.outer + i));
    const Vector slope = hn::Mul(p, hn::Sub(outer, delta));
    store(p, gradient.probabilities + i);
    store(slope, gradient.logit_gradient + i);
    if (gradient.bias_gradient == nullptr) return;
    float* bias = gradient.bias_gradient + i;
    const std::size_t count = std::min(tokens - i, hn::Lanes(Floats()));
    if (count == hn::Lanes(Floats())) return store(hn::Add(load(bias), slope), bias);
    store_part(hn::Add(load_part(bias, count), slope), bias, count);
  });
  clear(gradient.probabilities, row.tokens, padded);
  clear(gradient.logit_gradient, row.tokens, padded);
}

void write(const float* from, std::int64_t width, float factor, BFloat16* to) {
  for_vectors(static_cast<std::size_t>(width), [&](std::size_t i, auto get, auto put) HWY_ATTR {
    put(hn::Mul(get(from + i), constant(factor)), to + i);
  });
}

float product(const BFloat16* a, const BFloat16* b, std::int64_t width) {
  Vector total = constant(0.0F);
  for_vectors(static_cast<std::size_t>(width), [&](std::size_t i, auto get, auto) HWY_ATTR {
    total = hn::MulAdd(get(a + i), get(b + i), total);
  });
  return sum(total);
}

AttentionRows rows() {
  return {.softmax = softmax,
          .softmax_backward = softmax_backward,
          .write = write,
          .product = product};
}

}  // namespace dbot::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::ops {

HWY_EXPORT(rows);

AttentionRows attention_rows() {
  return HWY_DYNAMIC_DISPATCH(rows)();
}

}  // namespace dbot::ops
#endif
