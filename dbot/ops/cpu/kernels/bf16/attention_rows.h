#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

// What attention does with rows of logits between its products of bfloat16: the softmax and its
// backward pass, in float32. Probabilities and the logits' gradient leave as bfloat16, since
// products read them.
namespace dbot::ops {

/// Products of query and key of some query rows, and what makes logits of them.
struct LogitRows {
  float* products;  // [rows, row], readable up to kTileColumns; the backward pass writes to them
  std::int64_t row;
  std::int64_t rows, tokens;
  float scale;           // positive
  const float* bias;     // [rows, tokens], added; null: none
  const float* padding;  // [tokens], 1: the key is not seen; null: all are
};

/// What the forward pass gives of each row.
struct SoftmaxRows {
  c10::BFloat16* exponentials;  // exp(logit − largest), [rows, row]; from `tokens` on 0
  std::int64_t row;             // a multiple of kTileDepth
  float* inverse;               // [rows]: 1 / Σ exp(logit − largest)
  float* log_sums;              // [rows]: log Σ exp(logit)
};

/// What the backward pass is given and gives of each row.
struct SlopeRows {
  const float* outer;  // [rows, tokens]: the gradient of the probabilities; rows as of the products
  const float* log_sums;
  c10::BFloat16* probabilities;  // [rows, row], as is the slope; from `tokens` on both are 0
  c10::BFloat16* slopes;  // p·(outer − Σ p·outer): the logits' gradient, without the scale
  std::int64_t row;
  float* bias_gradient;  // [rows, tokens], added to; null: none
};

/// Rows of floats that become rows of bfloat16.
struct WrittenRows {
  const float* from;
  std::int64_t from_row;
  std::int64_t rows, width;
  const float* factors;  // of each row; null: `factor`
  float factor;
  c10::BFloat16* to;
  std::int64_t to_row;
};

struct AttentionRows {
  void (*softmax)(const LogitRows& logits, const SoftmaxRows& result);
  void (*softmax_backward)(const LogitRows& logits, const SlopeRows& result);
  void (*write)(const WrittenRows& rows);
};

/// The functions for the kernel level in use.
AttentionRows attention_rows();

}  // namespace dbot::ops
