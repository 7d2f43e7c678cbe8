#pragma once

#include <cstdint>

// Multi-head attention of one head of one sample, by one thread. The probabilities exist for a few
// rows at a time only and are computed in float32; in the backward pass they are computed again
// from the logarithm of each row's sum (Dao et al., FlashAttention, arXiv 2205.14135, algorithm 4).
namespace dbot::ops {

/// Where the rows of one head stand: row t of q, k and v is at pointer + t·stride, `head_width`
/// values long.
template <typename Element>
struct HeadInput {
  const Element* query;
  const Element* key;
  const Element* value;
  std::int64_t stride;
  std::int64_t tokens;
  std::int64_t head_width;
  float scale;                     // of the logits
  const float* bias;               // [tokens, tokens], added to them; null: none
  const float* padding = nullptr;  // [tokens], 1: the key is not seen; null: all are
};

/// The same of its result and of what the backward pass is given and gives.
template <typename Element>
struct HeadOutput {
  Element* context;  // row t at context + t·stride
  std::int64_t stride;
  float* log_sums;  // [tokens]: log Σ exp(logits) of each row
};

template <typename Element>
struct HeadGradient {
  const Element* context;           // of the forward pass
  const Element* context_gradient;  // row t at + t·stride
  std::int64_t stride;
  const float* log_sums;
  Element* query_gradient;  // row t at + t·input_stride; all three alike
  Element* key_gradient;
  Element* value_gradient;
  std::int64_t input_stride;
  float* bias_gradient;  // [tokens, tokens], added to; null: none
};

template <typename Element>
struct AttentionKernels {
  /// Floats of scratch memory that a thread needs for a head of this shape.
  std::int64_t (*scratch_size)(std::int64_t tokens, std::int64_t head_width);
  void (*forward)(const HeadInput<Element>& input, const HeadOutput<Element>& output,
                  float* scratch);
  void (*backward)(const HeadInput<Element>& input, const HeadGradient<Element>& gradient,
                   float* scratch);
};

/// The kernels for the best instruction set of this processor.
template <typename Element>
AttentionKernels<Element> attention_kernels();

}  // namespace dbot::ops
