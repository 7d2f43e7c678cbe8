#include "dbot/ops/cpu/kernels/attention_kernel.h"

#include <c10/util/BFloat16.h>

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/ops/cpu/kernels/attention_kernel.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "dbot/ops/cpu/kernels/small_product-inl.h"
#include "dbot/simd/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::ops::HWY_NAMESPACE {

using namespace simd::HWY_NAMESPACE;  // loads, stores and functions on vectors

constexpr float kUnseenLogit = -1e7F;  // of padded keys: kPaddedLogit of backends.h
constexpr std::size_t kBlock = 36;  // query rows at a time: their probabilities stay in the cache

HWY_INLINE std::size_t padded(std::size_t count) {
  const std::size_t lanes = hn::Lanes(Floats());
  return (count + lanes - 1) / lanes * lanes;
}

/// One head's shape, with rows and columns rounded up to whole vectors.
struct Shape {
  std::size_t tokens, width, tokens_padded, width_padded;
};

HWY_INLINE Shape shape_of(std::int64_t tokens, std::int64_t head_width) {
  const auto t = static_cast<std::size_t>(tokens), w = static_cast<std::size_t>(head_width);
  return {t, w, padded(t), padded(w)};
}

/// Rows of the head as floats times `factor`: to [tokens, width_padded], the rest 0.
template <typename Element>
HWY_INLINE void copy_rows(const Element* from, std::int64_t stride, const Shape& shape,
                          float factor, float* to) {
  for (std::size_t t = 0; t < shape.tokens; ++t) {
    const Element* row = from + static_cast<std::int64_t>(t) * stride;
    float* out = to + t * shape.width_padded;
    const std::size_t lanes = hn::Lanes(Floats());
    std::size_t i = 0;
    for (; i + lanes <= shape.width; i += lanes) {
      store(hn::Mul(load(row + i), constant(factor)), out + i);
    }
    if (i < shape.width) {
      store(hn::Mul(load_part(row + i, shape.width - i), constant(factor)), out + i);
    }
  }
}

/// [tokens, width_padded] → [width, tokens_padded], the rest 0.
HWY_INLINE void transpose(const float* from, const Shape& shape, float* to) {
  for (std::size_t c = 0; c < shape.width; ++c) {
    float* row = to + c * shape.tokens_padded;
    for (std::size_t t = 0; t < shape.tokens; ++t) row[t] = from[t * shape.width_padded + c];
    std::fill(row + shape.tokens, row + shape.tokens_padded, 0.0F);
  }
}

/// Writes the first `width` columns of [rows, width_padded] times `factor`.
template <typename Element>
HWY_INLINE void write_rows(const float* from, std::size_t rows, const Shape& shape, float factor,
                           Element* to, std::int64_t stride) {
  for (std::size_t t = 0; t < rows; ++t) {
    Element* out = to + static_cast<std::int64_t>(t) * stride;
    for_vectors(shape.width, [&](std::size_t i, auto get, auto put) HWY_ATTR {
      put(hn::Mul(get(from + t * shape.width_padded + i), constant(factor)), out + i);
    });
  }
}

/// Logits of one row become exp(logit − largest), beyond the last token 0. Returns log Σ exp.
HWY_INLINE float softmax_row(float* row, const Shape& shape, float* inverse_sum) {
  std::fill(row + shape.tokens, row + shape.tokens_padded, -INFINITY);
  const std::size_t lanes = hn::Lanes(Floats());
  Vector largest = load(row);
  for (std::size_t i = lanes; i < shape.tokens_padded; i += lanes) {
    largest = hn::Max(largest, load(row + i));
  }
  const float top = hn::GetLane(hn::MaxOfLanes(Floats(), largest));
  Vector total = constant(0.0F);
  for (std::size_t i = 0; i < shape.tokens_padded; i += lanes) {
    const Vector value = exponential(hn::Sub(load(row + i), constant(top)));
    total = hn::Add(total, value);
    store(value, row + i);
  }
  const float all = sum(total);
  *inverse_sum = 1.0F / all;
  return top + std::log(all);
}

/// Logits of the query rows from `first` on: the bias, where there is one, and query · keysᵀ; or
/// that of keys which are not seen.
template <typename Element>
HWY_INLINE void logit_rows(const HeadInput<Element>& input, const Shape& shape, std::size_t first,
                           std::size_t rows, const float* query_rows, const float* key_columns,
                           float* logits) {
  if (input.bias != nullptr) {
    for (std::size_t r = 0; r < rows; ++r) {
      const float* bias = input.bias + (first + r) * shape.tokens;
      float* row = logits + r * shape.tokens_padded;
      std::copy(bias, bias + shape.tokens, row);
      std::fill(row + shape.tokens, row + shape.tokens_padded, 0.0F);
    }
  }
  product(rows, shape.tokens_padded, shape.width, {query_rows, shape.width_padded, 1},
          {key_columns, shape.tokens_padded}, {logits, shape.tokens_padded, input.bias != nullptr});
  if (input.padding == nullptr) return;
  for (std::size_t r = 0; r < rows; ++r) {
    float* row = logits + r * shape.tokens_padded;
    for_vectors(shape.tokens, [&](std::size_t i, auto get, auto put) HWY_ATTR {
      const auto unseen = hn::Gt(get(input.padding + i), constant(0.5F));
      put(hn::IfThenElse(unseen, constant(kUnseenLogit), get(row + i)), row + i);
    });
  }
}

template <typename Element>
void attention_forward(const HeadInput<Element>& input, const HeadOutput<Element>& output,
                       float* scratch) {
  const Shape shape = shape_of(input.tokens, input.head_width);
  float* query = scratch;
  float* key_columns = query + shape.tokens * shape.width_padded;
  float* value = key_columns + shape.width * shape.tokens_padded;
  float* logits = value + shape.tokens * shape.width_padded;
  float* mixed = logits + kBlock * shape.tokens_padded;

  copy_rows(input.key, input.stride, shape, 1.0F, query);
  transpose(query, shape, key_columns);
  copy_rows(input.query, input.stride, shape, input.scale, query);
  copy_rows(input.value, input.stride, shape, 1.0F, value);
  for (std::size_t first = 0; first < shape.tokens; first += kBlock) {
    const std::size_t rows = std::min(kBlock, shape.tokens - first);
    logit_rows(input, shape, first, rows, query + first * shape.width_padded, key_columns, logits);
    float inverse_sums[kBlock];
    for (std::size_t r = 0; r < rows; ++r) {
      output.log_sums[first + r] =
          softmax_row(logits + r * shape.tokens_padded, shape, inverse_sums + r);
    }
    product(rows, shape.width_padded, shape.tokens, {logits, shape.tokens_padded, 1},
            {value, shape.width_padded}, {mixed, shape.width_padded, false});
    for (std::size_t r = 0; r < rows; ++r) {
      write_rows(mixed + r * shape.width_padded, 1, shape, inverse_sums[r],
                 output.context + static_cast<std::int64_t>(first + r) * output.stride,
                 output.stride);
    }
  }
}

/// In place: logits become probabilities p, and dp becomes p·(dp − delta), the logits' gradient.
HWY_INLINE void softmax_backward_row(float* logits, float* dp, const Shape& shape, float log_sum,
                                     float delta) {
  std::fill(logits + shape.tokens, logits + shape.tokens_padded, -INFINITY);
  const std::size_t lanes = hn::Lanes(Floats());
  for (std::size_t i = 0; i < shape.tokens_padded; i += lanes) {
    const Vector p = exponential(hn::Sub(load(logits + i), constant(log_sum)));
    store(p, logits + i);
    store(hn::Mul(p, hn::Sub(load(dp + i), constant(delta))), dp + i);
  }
}

/// Σ context · its gradient of one row: the part of dp that the softmax takes away.
template <typename Element>
HWY_INLINE float row_product(const Element* a, const float* b, std::size_t width) {
  Vector total = constant(0.0F);
  for_vectors(width, [&](std::size_t i, auto get, auto)
                         HWY_ATTR { total = hn::MulAdd(get(a + i), get(b + i), total); });
  return sum(total);
}

HWY_INLINE void add_row(const float* row, std::size_t count, float* total) {
  for_vectors(count, [&](std::size_t i, auto get, auto put)
                         HWY_ATTR { put(hn::Add(get(row + i), get(total + i)), total + i); });
}

template <typename Element>
void attention_backward(const HeadInput<Element>& input, const HeadGradient<Element>& gradient,
                        float* scratch) {
  const Shape shape = shape_of(input.tokens, input.head_width);
  const std::size_t panel = shape.tokens * shape.width_padded;
  const std::size_t columns = shape.width * shape.tokens_padded;
  float* query = scratch;
  float* key = query + panel;
  float* outer = key + panel;  // the context's gradient
  float* key_columns = outer + panel;
  float* value_columns = key_columns + columns;
  float* key_gradient = value_columns + columns;
  float* value_gradient = key_gradient + panel;
  float* logits = value_gradient + panel;
  float* logit_gradient = logits + kBlock * shape.tokens_padded;
  float* query_gradient = logit_gradient + kBlock * shape.tokens_padded;

  copy_rows(input.value, input.stride, shape, 1.0F, key);
  transpose(key, shape, value_columns);
  copy_rows(input.key, input.stride, shape, 1.0F, key);
  transpose(key, shape, key_columns);
  copy_rows(input.query, input.stride, shape, input.scale, query);
  copy_rows(gradient.context_gradient, gradient.stride, shape, 1.0F, outer);
  for (std::size_t first = 0; first < shape.tokens; first += kBlock) {
    const std::size_t rows = std::min(kBlock, shape.tokens - first);
    const float* query_rows = query + first * shape.width_padded;
    const float* outer_rows = outer + first * shape.width_padded;
    logit_rows(input, shape, first, rows, query_rows, key_columns, logits);
    product(rows, shape.tokens_padded, shape.width, {outer_rows, shape.width_padded, 1},
            {value_columns, shape.tokens_padded}, {logit_gradient, shape.tokens_padded, false});
    for (std::size_t r = 0; r < rows; ++r) {
      const auto token = static_cast<std::int64_t>(first + r);
      const float delta = row_product(gradient.context + token * gradient.stride,
                                      outer_rows + r * shape.width_padded, shape.width);
      softmax_backward_row(logits + r * shape.tokens_padded,
                           logit_gradient + r * shape.tokens_padded, shape,
                           gradient.log_sums[token], delta);
      if (gradient.bias_gradient != nullptr) {
        add_row(logit_gradient + r * shape.tokens_padded, shape.tokens,
                gradient.bias_gradient + (first + r) * shape.tokens);
      }
    }
    product(rows, shape.width_padded, shape.tokens, {logit_gradient, shape.tokens_padded, 1},
            {key, shape.width_padded}, {query_gradient, shape.width_padded, false});
    write_rows(query_gradient, rows, shape, input.scale,
               gradient.query_gradient + static_cast<std::int64_t>(first) * gradient.input_stride,
               gradient.input_stride);
    const bool add = first > 0;
    // The query rows are scaled already, as the gradient of the keys wants them.
    product(shape.tokens, shape.width_padded, rows, {logit_gradient, 1, shape.tokens_padded},
            {query_rows, shape.width_padded}, {key_gradient, shape.width_padded, add});
    product(shape.tokens, shape.width_padded, rows, {logits, 1, shape.tokens_padded},
            {outer_rows, shape.width_padded}, {value_gradient, shape.width_padded, add});
  }
  write_rows(key_gradient, shape.tokens, shape, 1.0F, gradient.key_gradient, gradient.input_stride);
  write_rows(value_gradient, shape.tokens, shape, 1.0F, gradient.value_gradient,
             gradient.input_stride);
}

std::int64_t scratch_size(std::int64_t tokens, std::int64_t head_width) {
  const Shape shape = shape_of(tokens, head_width);
  const std::size_t panels = 5 * shape.tokens * shape.width_padded;
  const std::size_t columns = 2 * shape.width * shape.tokens_padded;
  const std::size_t blocks = kBlock * (2 * shape.tokens_padded + shape.width_padded);
  return static_cast<std::int64_t>(panels + columns + blocks);
}

template <typename Element>
AttentionKernels<Element> attention() {
  return {.scratch_size = scratch_size,
          .forward = attention_forward<Element>,
          .backward = attention_backward<Element>};
}

AttentionKernels<float> float_attention() {
  return attention<float>();
}

AttentionKernels<c10::BFloat16> bfloat16_attention() {
  return attention<c10::BFloat16>();
}

}  // namespace dbot::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::ops {

HWY_EXPORT(float_attention);
HWY_EXPORT(bfloat16_attention);

template <>
AttentionKernels<float> attention_kernels<float>() {
  return HWY_DYNAMIC_DISPATCH(float_attention)();
}

template <>
AttentionKernels<c10::BFloat16> attention_kernels<c10::BFloat16>() {
  return HWY_DYNAMIC_DISPATCH(bfloat16_attention)();
}

}  // namespace dbot::ops
#endif
