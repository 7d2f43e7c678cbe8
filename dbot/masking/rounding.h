#pragma once

#include <cmath>
#include <cstdint>

namespace dbot::masking {

/// To the nearest whole number, halves to the even one, as Python rounds.
inline std::int64_t nearest(double value) {
  return static_cast<std::int64_t>(std::nearbyint(value));
}

}  // namespace dbot::masking
