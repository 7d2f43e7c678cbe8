#include "dbot/runtime/process_group/group.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "dbot/core/error.h"
#include "tests/runtime/process_group/ranks.h"

namespace dbot::runtime {
namespace {

using test::run_ranks;
using testing::Each;
using testing::IsEmpty;

/// What a rank brings: numbers that depend on it.
at::Tensor numbers(int rank, std::int64_t size, at::ScalarType type = at::kFloat) {
  const auto seed = static_cast<std::uint64_t>(rank) + 1;
  return at::randn({size}, at::make_generator<at::CPUGeneratorImpl>(seed), at::kFloat).to(type);
}

/// The sum as the tree makes it, in one process.
at::Tensor tree_of(int first, int ranks, std::int64_t size, at::ScalarType type) {
  if (ranks == 1) return numbers(first, size, type);
  return tree_of(first, ranks / 2, size, type) + tree_of(first + ranks / 2, ranks / 2, size, type);
}

// Around a piece of 4 MB, below the number of ranks, odd ones.
const std::vector<std::int64_t> kSizes{0, 1, 3, 16'385, 70'001, 2'100'003};

TEST(Group, OfOneDoesNothing) {
  Group group;
  const at::Tensor flat = numbers(0, 10), before = flat.clone();
  group.sum(flat);
  group.broadcast(flat);
  group.barrier();
  EXPECT_TRUE(at::equal(flat, before));
  EXPECT_TRUE(at::equal(group.reduce_scatter(flat, even_cuts(10, 1)), before));
  EXPECT_TRUE(at::equal(group.gather(flat)[0], before));
  EXPECT_EQ(group.minimum(7), 7);
  EXPECT_EQ(group.bytes_sent(), 0);
}

TEST(Group, SumsOfPowersOfTwoAreThoseOfTheTree) {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    for (const int ranks : {2, 4}) {
      EXPECT_THAT(run_ranks(ranks,
                            [&](Group& group) {
                              for (const std::int64_t size : kSizes) {
                                const at::Tensor flat = numbers(group.rank(), size, type);
                                group.sum(flat);
                                EXPECT_TRUE(at::equal(flat, tree_of(0, ranks, size, type)))
                                    << ranks << " ranks, " << size << " values";
                              }
                            }),
                  Each(IsEmpty()));
    }
  }
}

TEST(Group, OfThreeAddsUpToRounding) {
  EXPECT_THAT(run_ranks(3,
                        [](Group& group) {
                          const at::Tensor flat = numbers(group.rank(), 50'000);
                          group.sum(flat);
                          const at::Tensor expected =
                              numbers(0, 50'000) + numbers(1, 50'000) + numbers(2, 50'000);
                          EXPECT_TRUE(flat.allclose(expected, 1e-5, 1e-5));
                          // The same bits everywhere.
                          const at::Tensor all = group.gather(flat);
                          if (group.rank() != 0) return;
                          EXPECT_TRUE(at::equal(all[1], all[0]));
                          EXPECT_TRUE(at::equal(all[2], all[0]));
                        }),
              Each(IsEmpty()));
}

TEST(Group, HalvesOfTheTreeMakeTheSum) {
  for (const int ranks : {2, 3, 4}) {
    EXPECT_THAT(run_ranks(ranks,
                          [&](Group& group) {
                            for (const std::int64_t size : kSizes) {
                              const Cuts cuts = even_cuts(size, ranks);
                              const at::Tensor whole = numbers(group.rank(), size);
                              const at::Tensor halves = whole.clone();
                              group.sum(whole);
                              const at::Tensor shard = group.reduce_scatter(halves, cuts);
                              EXPECT_TRUE(at::equal(shard, group.shard(whole, cuts)));
                              group.all_gather(halves, cuts);
                              EXPECT_TRUE(at::equal(halves, whole)) << size;
                            }
                          }),
                Each(IsEmpty()));
  }
}

TEST(Group, ShardsComeToRankZero) {
  for (const int ranks : {3, 4}) {
    EXPECT_THAT(
        run_ranks(
            ranks,
            [&](Group& group) {
              const Cuts cuts = even_cuts(100'000, ranks);
              const at::Tensor flat = at::zeros({100'000});
              group.shard(flat, cuts).fill_(shard_of(group.rank(), ranks) + 1);
              group.gather_shards(flat, cuts);
              if (group.rank() != 0) return;
              for (int shard = 0; shard < ranks; ++shard) {
                const auto at = static_cast<std::size_t>(shard);
                EXPECT_TRUE(
                    flat.slice(0, cuts[at], cuts[at + 1]).eq(shard + 1).all().item().toBool());
              }
            }),
        Each(IsEmpty()));
  }
}

TEST(Group, BroadcastsFromAnyRank) {
  for (const int ranks : {2, 3, 5}) {
    EXPECT_THAT(run_ranks(ranks,
                          [&](Group& group) {
                            for (const int from : {0, ranks - 1}) {
                              const at::Tensor flat = numbers(group.rank(), 1'100'000);
                              group.broadcast(flat, from);
                              EXPECT_TRUE(at::equal(flat, numbers(from, 1'100'000)));
                            }
                          }),
                Each(IsEmpty()));
  }
}

TEST(Group, FindsTheLeastOfAll) {
  for (const int ranks : {2, 3, 5}) {
    EXPECT_THAT(run_ranks(ranks,
                          [&](Group& group) {
                            std::vector<std::int64_t> values{group.rank(), -group.rank(), 9};
                            group.minimum(values);
                            EXPECT_THAT(values, testing::ElementsAre(0, 1 - ranks, 9));
                          }),
                Each(IsEmpty()));
  }
}

TEST(Group, GathersByRank) {
  EXPECT_THAT(run_ranks(3,
                        [](Group& group) {
                          const at::Tensor all = group.gather(at::full({2, 2}, group.rank()));
                          EXPECT_EQ(all.defined(), group.rank() == 0);
                          if (group.rank() != 0) return;
                          EXPECT_EQ(all.sizes(), (std::vector<std::int64_t>{3, 2, 2}));
                          for (int r = 0; r < 3; ++r) EXPECT_EQ(all[r].sum().item().toInt(), 4 * r);
                        }),
              Each(IsEmpty()));
}

TEST(Group, ABarrierHoldsUntilTheLastHasCome) {
  std::atomic<int> come{0};
  EXPECT_THAT(run_ranks(4,
                        [&](Group& group) {
                          for (int round = 1; round <= 20; ++round) {
                            ++come;
                            group.barrier();
                            EXPECT_GE(come, 4 * round);
                            group.barrier();
                          }
                        }),
              Each(IsEmpty()));
}

TEST(Group, SendsNoMoreThanARing) {
  EXPECT_THAT(run_ranks(4,
                        [](Group& group) {
                          const std::int64_t size = 64 * kCutValues;
                          group.sum(at::zeros({size}));
                          EXPECT_EQ(group.bytes_sent(), 2 * 3 * size * 4 / 4);
                        }),
              Each(IsEmpty()));
}

TEST(Group, RefusesWhatIsNotFlat) {
  Group group;
  EXPECT_THROW(group.sum(at::zeros({2, 2})), Error);
  EXPECT_THROW(group.sum(at::zeros({8}).slice(0, 0, 8, 2)), Error);
}

}  // namespace
}  // namespace dbot::runtime
