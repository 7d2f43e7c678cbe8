#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dbot::nn {

/// Frozen vectors of words that no text was needed for: word w → `width` numbers, each 1 or −1 by a
/// bit of Philox of w, so that two words have nearly a right angle between them and the numbers a
/// variance of 1. Number 0 is no word, and all 0. The same on every machine.
/// words: float32 or int64 [batch, length], whole numbers below 2^32 → float32 [batch, length,
/// width], on the device of `words`. Random projections: Achlioptas, PODS 2001.
at::Tensor word_vectors(const at::Tensor& words, std::int64_t width);

}  // namespace dbot::nn
