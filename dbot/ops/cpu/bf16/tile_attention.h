#pragma once

#include <cstdint>

#include "dbot/ops/cpu/kernels/attention_kernel.h"
#include "dbot/ops/cpu/kernels/bf16/block_product.h"

// Multi-head attention of one head of one sample by products of bfloat16, by one thread: query rows
// in blocks, probabilities in bfloat16, all sums in float32. In the backward pass the probabilities
// are computed again (Dao et al., FlashAttention, arXiv 2205.14135, algorithm 4).
namespace dbot::ops {

/// The same contract as the kernels of attention_kernel.h. Those of `kernels` have to be between
/// their begin and their end.
class TileAttention {
 public:
  explicit TileAttention(std::int64_t tokens, std::int64_t head_width);

  /// Floats of scratch memory that a thread needs; its start is aligned to 64 bytes.
  std::int64_t scratch_size() const;
  void forward(const BlockKernels& kernels, const HeadInput<c10::BFloat16>& input,
               const HeadOutput<c10::BFloat16>& output, float* scratch) const;
  void backward(const BlockKernels& kernels, const HeadInput<c10::BFloat16>& input,
                const HeadGradient<c10::BFloat16>& gradient, float* scratch) const;

 private:
  std::int64_t tokens_, width_;
  std::int64_t token_columns_, token_depth_, width_columns_, width_depth_;  // rounded up
  std::int64_t block_;                                                      // query rows at a time
};

}  // namespace dbot::ops
