#include "dbot/runtime/process_group/cuts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace dbot::runtime {
namespace {

using testing::ElementsAre;

TEST(Cuts, LieAtMultiplesAndEndAtTheSize) {
  EXPECT_THAT(even_cuts(4 * kCutValues + 5, 2), ElementsAre(0, 2 * kCutValues, 4 * kCutValues + 5));
  EXPECT_THAT(even_cuts(100, 4), ElementsAre(0, 0, 0, 0, 100));
  EXPECT_THAT(even_cuts(0, 2), ElementsAre(0, 0, 0));
  EXPECT_THAT(even_cuts(7, 1), ElementsAre(0, 7));
}

TEST(Cuts, HalvesAreHalves) {
  const Cuts eight = even_cuts(1000 * kCutValues, 8), two = even_cuts(1000 * kCutValues, 2);
  EXPECT_EQ(eight[4], two[1]);
}

TEST(Cuts, EachRankHasAShardOfItsOwn) {
  EXPECT_EQ(shard_of(1, 4), 2);
  EXPECT_EQ(shard_of(2, 4), 1);
  EXPECT_EQ(shard_of(1, 2), 1);
  EXPECT_EQ(shard_of(0, 1), 0);
  for (const int ranks : {1, 2, 3, 6, 8, 64}) {
    std::vector<int> shards;
    for (int rank = 0; rank < ranks; ++rank) shards.push_back(shard_of(rank, ranks));
    std::ranges::sort(shards);
    for (int shard = 0; shard < ranks; ++shard) {
      EXPECT_EQ(shards[static_cast<std::size_t>(shard)], shard);
    }
  }
}

}  // namespace
}  // namespace dbot::runtime
