#pragma once

#include <cstdint>

#include "dbot/ops/token_loss.h"

// Loss and gradient of a range of tokens, by one thread.
namespace dbot::ops {

/// Which rows of [rows, width] to do.
struct LossRows {
  std::int64_t begin = 0, end = 0;
  std::int64_t width = 0;
  std::int64_t rows = 0;  // all that the mean goes over
  LossConfig config;
  bool standardise = false;  // the target, as `standardise` does with its default eps
};

/// losses[row] of each row, and the gradient of their mean over all rows unless that is null.
using TokenLossKernel = void (*)(const LossRows& rows, const float* prediction, const float* target,
                                 float* gradient, float* losses);

/// The kernel for the best instruction set of this processor.
TokenLossKernel token_loss_kernel();

}  // namespace dbot::ops
