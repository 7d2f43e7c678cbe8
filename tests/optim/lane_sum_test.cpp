#include "dbot/optim/lane_sum.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>

#include "dbot/core/error.h"
#include "dbot/optim/shards.h"
#include "dbot/simd/kernel_level.h"
#include "tests/runtime/process_group/ranks.h"

namespace dbot::optim {
namespace {

using testing::Each;
using testing::IsEmpty;

constexpr std::int64_t kSize = 100'003;
constexpr int kLanes = 8;

at::Tensor gradients_of(int lane, std::int64_t size = kSize) {
  const auto seed = static_cast<std::uint64_t>(lane) + 1;
  return at::randn({size}, at::make_generator<at::CPUGeneratorImpl>(seed), at::kFloat);
}

at::Tensor tree_of(int first, int lanes) {
  if (lanes == 1) return gradients_of(first);
  return tree_of(first, lanes / 2) + tree_of(first + lanes / 2, lanes / 2);
}

/// The sum of neighbouring lanes, each made in the one flat buffer.
at::Tensor sum_of(LaneSum& sum, int first, int lanes) {
  at::Tensor flat = at::zeros({kSize});
  for (int lane = first; lane < first + lanes; ++lane) {
    EXPECT_EQ(flat.count_nonzero().item().toLong(), 0);  // the lane before was put aside
    flat.add_(gradients_of(lane));
    sum.add(flat);
  }
  return flat;
}

TEST(LaneSum, IsTheTree) {
  for (const char* kernels : {"auto", "reference"}) {
    simd::use_kernel_level(kernels);
    for (const int lanes : {1, 2, 4, 8}) {
      LaneSum sum(lanes);
      EXPECT_TRUE(at::equal(sum_of(sum, 0, lanes), tree_of(0, lanes))) << lanes;
      EXPECT_TRUE(at::equal(sum_of(sum, 0, lanes), tree_of(0, lanes))) << "the next step";
    }
  }
  simd::use_kernel_level("auto");
}

TEST(LaneSum, HoldsTheLogarithmOfBuffers) {
  for (const auto& [lanes, buffers] : std::map<int, int>{{1, 0}, {2, 1}, {4, 2}, {8, 3}}) {
    LaneSum sum(lanes);
    for (int step = 0; step < 3; ++step) sum_of(sum, 0, lanes);
    EXPECT_EQ(sum.buffers(), buffers);
  }
}

TEST(LaneSum, AStepThatIsNotMadeIsForgotten) {
  LaneSum sum(4);
  const at::Tensor flat = gradients_of(7);
  sum.add(flat);
  sum.restart();
  EXPECT_TRUE(at::equal(sum_of(sum, 0, 4), tree_of(0, 4)));
}

TEST(LaneSum, NeedsAPowerOfTwo) {
  for (const int lanes : {0, 3, 6, -1}) EXPECT_THROW(LaneSum{lanes}, Error);
}

TEST(Lanes, AnyPowerOfTwoOfRanksGivesTheSameBits) {
  const at::Tensor expected = tree_of(0, kLanes);
  for (const int ranks : {2, 4, 8}) {
    EXPECT_THAT(test::run_ranks(ranks,
                                [&](runtime::Group& group) {
                                  const int lanes = kLanes / ranks;
                                  LaneSum sum(lanes);
                                  const at::Tensor flat = sum_of(sum, group.rank() * lanes, lanes);
                                  group.sum(flat);
                                  EXPECT_TRUE(at::equal(flat, expected)) << ranks;
                                }),
                Each(IsEmpty()));
  }
}

/// Two groups in one flat buffer, as pre-training has them: vectors, then matrices.
std::vector<ParameterGroup> two_groups(const at::Tensor& values, const at::Tensor& gradients) {
  constexpr std::int64_t kMiddle = 20'001;
  return {{values.slice(0, 0, kMiddle), gradients.slice(0, 0, kMiddle), 0.0, 1.0},
          {values.slice(0, kMiddle), gradients.slice(0, kMiddle), 0.05, 0.5}};
}

TEST(OptimizerShards, AreCutWherePartialSumsBegin) {
  const at::Tensor flat = at::zeros({kSize});
  // Chunks begin at 0, 16384; 20001, 36385, 52769, 69153, 85537.
  EXPECT_THAT(shard_cuts(two_groups(flat, flat), 2), testing::ElementsAre(0, 36'385, kSize));
  EXPECT_THAT(shard_cuts(two_groups(flat, flat), 1), testing::ElementsAre(0, kSize));
}

TEST(OptimizerShards, KeepTheSettingsOfTheirGroups) {
  const at::Tensor flat = gradients_of(0);
  const auto groups = two_groups(flat, flat);
  const auto first = groups_of_shard(groups, shard_cuts(groups, 2), 0);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_TRUE(at::equal(first[1].gradients, flat.slice(0, 20'001, 36'385)));
  EXPECT_EQ(first[1].weight_decay, 0.05);
  EXPECT_EQ(first[1].rate_scale, 0.5);
  const auto second = groups_of_shard(groups, shard_cuts(groups, 2), 1);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].values.numel(), kSize - 36'385);
}

TEST(OptimizerShards, TheirNormIsThatOfOneProcess) {
  const at::Tensor whole = gradients_of(3);
  const double expected = gradient_norm(two_groups(whole, whole));
  for (const int ranks : {1, 2, 3, 4, 8}) {
    const auto norm = [&](runtime::Group& group) {
      const at::Tensor flat = gradients_of(3);
      const auto groups = two_groups(flat, flat);
      const runtime::Cuts cuts = shard_cuts(groups, ranks);
      const at::Tensor shard = group.shard(flat, cuts), kept = shard.clone();
      flat.fill_(7);  // what lies in other shards is spent
      shard.copy_(kept);
      EXPECT_EQ(gradient_norm(groups, cuts, group), expected) << ranks;
    };
    if (ranks > 1) {
      EXPECT_THAT(test::run_ranks(ranks, norm), Each(IsEmpty()));
    } else {
      runtime::Group alone;
      norm(alone);
    }
  }
}

TEST(OptimizerShards, GroupsThatLieElsewhereAreRefused) {
  const at::Tensor flat = at::zeros({100});
  std::vector<ParameterGroup> groups{{flat.slice(0, 50), flat.slice(0, 50), 0.0, 1.0}};
  EXPECT_THROW(shard_cuts(groups, 2), Error);
}

}  // namespace
}  // namespace dbot::optim
