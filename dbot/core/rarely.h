#pragma once

#include <bit>
#include <cstdint>

namespace dbot::core {

/// Counts something that may go on for long and says when it is worth telling: the 1st, 2nd, 4th,
/// 8th … time.
class Rarely {
 public:
  bool next() { return std::has_single_bit(++count_); }
  std::uint64_t count() const { return count_; }

 private:
  std::uint64_t count_ = 0;
};

}  // namespace dbot::core
