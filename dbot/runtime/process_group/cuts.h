#pragma once

#include <cstdint>
#include <vector>

namespace dbot::runtime {

/// Where a flat buffer is cut into shards, one for each rank: their number + 1 places that never
/// fall, from 0 to its size. Shards may be empty.
using Cuts = std::vector<std::int64_t>;

/// Values between two places where a buffer may be cut: what one partial sum of a gradient's norm
/// covers (ops/cpu/flat_chunks.h).
inline constexpr std::int64_t kCutValues = 16'384;

/// Shards of nearly equal size, cut at multiples of `kCutValues`.
Cuts even_cuts(std::int64_t size, int ranks);

/// Which shard is a rank's: the tree halves the buffer by the rank's bits, the lowest first. Of a
/// number of ranks that is no power of two, the one of its own number.
int shard_of(int rank, int ranks);

constexpr bool is_power_of_two(int number) {
  return number > 0 && (number & (number - 1)) == 0;
}

}  // namespace dbot::runtime
