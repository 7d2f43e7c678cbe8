#pragma once

#include <ATen/core/Tensor.h>

namespace dbot::methods {

/// The tokens of a batch's texts that count in a loss. docs/methods/m3ae.md §5.
struct CountedTokens {
  at::Tensor places;   // int64 [counted], numbers in batch·tokens
  at::Tensor weights;  // float32 [counted]: 1/(batch · tokens that count in the sample)
};

/// counts: float32 [batch, tokens], 1 where a token counts. On the host tokens that do not count
/// are left out; on other devices, where their number is not known, they weigh 0.
CountedTokens counted_tokens(const at::Tensor& counts);

struct TextFigures {
  at::Tensor loss;      // scalar with its graph
  at::Tensor accuracy;  // share of right words, weighted alike, without graph
};

/// Cross entropy of each text, the mean over the tokens that count, and its mean over the batch:
/// a text of which none counts adds 0. logits: [counted, vocabulary]; ids: int64 [counted].
TextFigures text_figures(const at::Tensor& logits, const at::Tensor& ids,
                         const at::Tensor& weights);

}  // namespace dbot::methods
