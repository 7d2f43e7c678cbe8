#pragma once

#include <cstdint>
#include <vector>

#include "dbot/core/random.h"

namespace dbot::masking {

/// So many different numbers in 0…of − 1, by the beginning of a Fisher-Yates shuffle.
std::vector<std::int64_t> distinct_numbers(core::Random& random, std::int64_t count,
                                           std::int64_t of);

}  // namespace dbot::masking
