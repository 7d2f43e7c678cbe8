#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

// What attention does with rows of logits between its products of bfloat16: the softmax and its
// backward pass, in float32. Probabilities and the logits' gradient leave as bfloat16, since products
// read them.
namespace dbot::ops {

/// Products of query and key of one row, and what makes logits of them.
struct LogitRow {
  const float* products;  // [tokens], and readable up to kTileColumns
  std::int64_t tokens;
  float scale;
  const float* bias;     // [tokens], added; null: none
  const float* padding;  // [tokens], 1: the key is not seen; null: all are
};

/// Writes exp(logit − largest), and 0 from `tokens` up to `padded`. Returns log Σ exp(logit), and
/// 1 / Σ exp(logit − largest).
struct RowSum {
  float log_sum, inverse;
};
using SoftmaxRow = RowSum (*)(const LogitRow& row, c10::BFloat16* exponentials,
                              std::int64_t padded);

/// What the backward pass of one row is given and gives.
struct LogitRowGradient {
  const float* outer;  // [tokens]: the gradient of the probabilities
  float log_sum;
  float delta;                    // Σ context · its gradient
  c10::BFloat16* probabilities;   // 0 from `tokens` up to `padded`, as is the gradient
  c10::BFloat16* logit_gradient;  // p·(outer − delta), without the scale
  float* bias_gradient;           // added to; null: none
};
using SoftmaxBackwardRow = void (*)(const LogitRow& row, const LogitRowGradient& gradient,
                                    std::int64_t padded);

/// Writes `width` values times `factor`.
using WriteRow = void (*)(const float* from, std::int64_t width, float factor, c10::BFloat16* to);
/// Σ a·b.
using RowProduct = float (*)(const c10::BFloat16* a, const c10::BFloat16* b, std::int64_t width);

struct AttentionRows {
  SoftmaxRow softmax;
  SoftmaxBackwardRow softmax_backward;
  WriteRow write;
  RowProduct product;
};

/// The functions for the best instruction set of this processor.
AttentionRows attention_rows();

}  // namespace dbot::ops
