#pragma once

#include <cstdint>

namespace dbot::masking {

/// Tokens of a clip: steps of time, and rows and columns in each. Token (t, y, x) has the number
/// (t · height + y) · width + x.
struct SpaceTimeGrid {
  std::int64_t time = 1, height = 1, width = 1;

  std::int64_t places() const { return height * width; }  // of a step
  std::int64_t tokens() const { return time * places(); }
  bool operator==(const SpaceTimeGrid&) const = default;
};

}  // namespace dbot::masking
