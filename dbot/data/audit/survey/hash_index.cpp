#include "dbot/data/audit/survey/hash_index.h"

#include <algorithm>
#include <bit>

namespace dbot::data {
namespace {

constexpr std::uint32_t kBandValues = 1U << 16;

/// All values of a band, those with fewer bits first; `ends[n]`: how many have at most n.
struct BandMasks {
  std::vector<std::uint16_t> masks;
  std::array<std::size_t, 17> ends{};
};

const BandMasks& band_masks() {
  static const BandMasks ordered = [] {
    BandMasks result;
    for (int bits = 0; bits <= 16; ++bits) {
      for (std::uint32_t value = 0; value < kBandValues; ++value) {
        if (std::popcount(value) == bits) {
          result.masks.push_back(static_cast<std::uint16_t>(value));
        }
      }
      result.ends[static_cast<std::size_t>(bits)] = result.masks.size();
    }
    return result;
  }();
  return ordered;
}

}  // namespace

HashIndex::HashIndex(const std::vector<std::uint64_t>& hashes) {
  for (int band = 0; band < kBands; ++band) {
    Table& table = tables_[static_cast<std::size_t>(band)];
    table.begins.assign(kBandValues + 1, 0);
    for (const auto hash : hashes) ++table.begins[band_of(hash, band) + 1];
    for (std::size_t i = 0; i < kBandValues; ++i) table.begins[i + 1] += table.begins[i];
    auto next = table.begins;
    table.hashes.resize(hashes.size());
    table.places.resize(hashes.size());
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      const auto at = next[band_of(hashes[i], band)]++;
      table.hashes[at] = hashes[i];
      table.places[at] = static_cast<std::uint32_t>(i);
    }
  }
}

void HashIndex::search(std::uint64_t hash, int radius,
                       const std::function<void(std::int64_t, int)>& found) const {
  const BandMasks& all = band_masks();
  // If every band up to number `rest` differed in more than `share` bits and every later one in at
  // least `share`, it would be more than `radius` together.
  const int share = radius / kBands, rest = radius % kBands;
  std::array<int, kBands> reach{};
  for (int band = 0; band < kBands; ++band) {
    reach[static_cast<std::size_t>(band)] = std::min(band <= rest ? share : share - 1, kBandBits);
  }
  // A hash is told in the first band that leads to it.
  const auto told_before = [&](std::uint64_t difference, int band) {
    for (int b = 0; b < band; ++b) {
      if (std::popcount(band_of(difference, b)) <= reach[static_cast<std::size_t>(b)]) return true;
    }
    return false;
  };
  for (int band = 0; band < kBands; ++band) {
    const int bits = reach[static_cast<std::size_t>(band)];
    if (bits < 0) continue;
    const Table& table = tables_[static_cast<std::size_t>(band)];
    for (std::size_t m = 0; m < all.ends[static_cast<std::size_t>(bits)]; ++m) {
      const std::uint32_t value = band_of(hash, band) ^ all.masks[m];
      for (auto i = table.begins[value]; i < table.begins[value + 1]; ++i) {
        const std::uint64_t difference = hash ^ table.hashes[i];
        const int distance = std::popcount(difference);
        if (distance <= radius && !told_before(difference, band)) found(table.places[i], distance);
      }
    }
  }
}

}  // namespace dbot::data
