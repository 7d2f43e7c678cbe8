#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace dbot::data {

/// Finds all 64-bit hashes within a few bits of a given one without comparing all: hashes are split
/// into four kBands of 16 bits, and of two that differ in r bits one band differs in at most r / 4.
/// Norouzi, Punjani and Fleet, "Fast search in Hamming space with multi-index hashing" (CVPR 2012).
/// Takes 48 bytes a hash.
class HashIndex {
 public:
  explicit HashIndex(const std::vector<std::uint64_t>& hashes);

  /// Calls `found` with the place of every hash that differs from `hash` in at most `radius` bits,
  /// once each, in no particular order. From a radius of about 16 on the gain is gone.
  void search(std::uint64_t hash, int radius,
              const std::function<void(std::int64_t place, int distance)>& found) const;

 private:
  static constexpr int kBands = 4, kBandBits = 16;

  /// The hashes in the order of one of their kBands.
  struct Table {
    std::vector<std::uint32_t> begins;  // of each value of the band, and the end
    std::vector<std::uint64_t> hashes;
    std::vector<std::uint32_t> places;
  };

  static std::uint32_t band_of(std::uint64_t hash, int band) {
    return static_cast<std::uint32_t>(hash >> (band * kBandBits)) & 0xFFFF;
  }

  std::array<Table, kBands> tables_;
};

}  // namespace dbot::data
