#include "dbot/runtime/process_group/cuts.h"

#include <algorithm>

namespace dbot::runtime {

Cuts even_cuts(std::int64_t size, int ranks) {
  const std::int64_t chunks = (size + kCutValues - 1) / kCutValues;
  Cuts cuts;
  cuts.reserve(static_cast<std::size_t>(ranks) + 1);
  for (int shard = 0; shard <= ranks; ++shard) {
    cuts.push_back(std::min(size, chunks * shard / ranks * kCutValues));
  }
  return cuts;
}

int shard_of(int rank, int ranks) {
  if (!is_power_of_two(ranks)) return rank;
  int shard = 0;
  for (int bit = 1; bit < ranks; bit *= 2) {
    shard = 2 * shard + ((rank & bit) != 0 ? 1 : 0);
  }
  return shard;
}

}  // namespace dbot::runtime
