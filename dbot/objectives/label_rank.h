#pragma once

#include <cstdint>

namespace dbot::objectives {

/// Place of class `label` among `classes` scores, 0 = first: how many are higher, or equal and of a
/// lower class number.
template <typename Score>
std::int64_t rank_of(const Score* scores, std::int64_t classes, std::int64_t label) {
  const Score own = scores[label];
  std::int64_t rank = 0;
  for (std::int64_t c = 0; c < classes; ++c) {
    rank += (scores[c] > own || (scores[c] == own && c < label)) ? 1 : 0;
  }
  return rank;
}

}  // namespace dbot::objectives
