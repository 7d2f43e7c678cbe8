#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "dbot/core/random.h"

namespace dbot::masking {

/// So many different numbers in 0…of − 1, by the beginning of a Fisher-Yates shuffle.
std::vector<std::int64_t> distinct_numbers(core::Random& random, std::int64_t count,
                                           std::int64_t of);

/// Hides (1) so many of the places of `mask`, uint8 and contiguous, that are still visible (0), as
/// `choice` picks them: different numbers below that of the visible places, in their order.
void hide_visible(
    const at::Tensor& mask, std::int64_t count,
    const std::function<std::vector<std::int64_t>(std::int64_t count, std::int64_t of)>& choice);

}  // namespace dbot::masking
