#include "dbot/masking/block_mask.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

namespace dbot::masking {
namespace {

const std::vector<std::int64_t> kSamples{4, 9, 2};

TEST(BlockMask, HidesAtMostAsManyAsWanted) {
  const MaskConfig config{.kind = MaskKind::block, .ratio = 0.4};
  const BlockConfig blocks = block_config(config, 196);
  EXPECT_EQ(blocks.masked, 78);
  const at::Tensor masks = block_masks(1, 0, 0, kSamples, {14, 14}, blocks);
  EXPECT_LE(masks.sum(1).max().item<double>(), 78);
  EXPECT_GE(masks.sum(1).min().item<double>(), 60);
}

TEST(BlockMask, ARowDependsOnItsSampleAlone) {
  const BlockConfig blocks{.masked = 20, .smallest = 4};
  const at::Tensor together = block_masks(1, 0, 3, kSamples, {8, 6}, blocks);
  const std::vector<std::int64_t> alone{9};
  EXPECT_TRUE(at::equal(together[1], block_masks(1, 0, 3, alone, {8, 6}, blocks)[0]));
  EXPECT_FALSE(at::equal(together[1], block_masks(1, 0, 4, alone, {8, 6}, blocks)[0]));
  EXPECT_FALSE(at::equal(together[1], block_masks(1, 1, 3, alone, {8, 6}, blocks)[0]));
  EXPECT_FALSE(at::equal(together[1], block_masks(2, 0, 3, alone, {8, 6}, blocks)[0]));
}

TEST(BlockMask, ABlockThatFitsNowhereEndsTheMask) {
  // Side 4 of a grid of 4: such blocks are not taken.
  const BlockConfig blocks{.masked = 16, .smallest = 16, .narrowest = 0.999};
  const at::Tensor masks = block_masks(1, 0, 0, kSamples, {4, 4}, blocks);
  EXPECT_EQ(masks.sum().item<double>(), 0);
}

/// Gives the draws of a script, and keeps the ranges they were asked for in.
struct Script {
  std::vector<double> uniform;
  std::vector<std::int64_t> integers;
  std::vector<std::pair<double, double>> ranges = {};
  std::vector<std::int64_t> lasts = {};

  at::Tensor mask(core::Size grid, const BlockConfig& config) {
    return block_mask(grid, config,
                      {[this](double low, double high) {
                         ranges.emplace_back(low, high);
                         return uniform[(ranges.size() - 1) % uniform.size()];
                       },
                       [this](std::int64_t last) {
                         lasts.push_back(last);
                         return integers[(lasts.size() - 1) % integers.size()];
                       }});
  }
};

TEST(BlockMask, RectanglesAreWhereTheDrawsSay) {
  // 3×2 at (1, 4); one patch that is hidden already; one at (0, 0), which is the last there is
  // room for.
  Script script{.uniform = {6, std::log(1.5), 1, 0, 1, 0}, .integers = {1, 4, 1, 4, 0, 0}};
  const at::Tensor mask = script.mask({5, 9}, {.masked = 7, .smallest = 4, .narrowest = 0.5});
  EXPECT_EQ(mask.sum().item<std::int64_t>(), 7);
  EXPECT_EQ(mask.narrow(0, 1, 3).narrow(1, 4, 2).sum().item<std::int64_t>(), 6);
  EXPECT_EQ(mask[0][0].item<std::int64_t>(), 1);
  EXPECT_EQ(script.lasts, (std::vector<std::int64_t>{2, 7, 4, 8, 4, 8}));
  ASSERT_EQ(script.ranges.size(), 6U);
  EXPECT_EQ(script.ranges[0], std::pair(4.0, 7.0));
  EXPECT_EQ(script.ranges[2], std::pair(4.0, 1.0));
  EXPECT_EQ(script.ranges[4], std::pair(4.0, 1.0));
  EXPECT_DOUBLE_EQ(script.ranges[1].first, std::log(0.5));
  EXPECT_DOUBLE_EQ(script.ranges[1].second, std::log(2));
}

TEST(BlockMask, GivesUpAfterTenBlocksThatDoNotFit) {
  for (const auto& [grid, masked] : {std::pair(core::Size{9, 9}, 8), {{3, 9}, 20}, {{9, 3}, 20}}) {
    Script script{.uniform = {9, 0}, .integers = {0}};  // 3×3: too many, too high, too wide
    const at::Tensor mask = script.mask(grid, {.masked = masked, .smallest = 1});
    EXPECT_EQ(mask.sum().item<std::int64_t>(), 0) << grid.height;
    EXPECT_EQ(script.ranges.size(), 20U) << grid.height;
    EXPECT_EQ(script.lasts.size(), grid.height == grid.width ? 20U : 0U) << grid.height;
  }
}

TEST(BlockMask, AnExactOneHidesSoManyOnAnyGrid) {
  std::vector<std::int64_t> samples(200);
  std::iota(samples.begin(), samples.end(), 0);
  struct Case {
    core::Size grid;
    std::int64_t masked, smallest;
  };
  for (const auto& [grid, masked, smallest] :
       {Case{{14, 14}, 78, 16}, Case{{14, 14}, 75, 16}, Case{{8, 8}, 25, 4}, Case{{3, 11}, 13, 2},
        Case{{4, 4}, 15, 16}}) {
    BlockConfig blocks{.masked = masked, .smallest = smallest};
    const at::Tensor loose = block_masks(1, 0, 0, samples, grid, blocks);
    blocks.exact = true;
    const at::Tensor exact = block_masks(1, 0, 0, samples, grid, blocks);
    EXPECT_TRUE(exact.sum(1).eq(masked).all().item<bool>()) << grid.height << "×" << grid.width;
    EXPECT_LE(loose.sum(1).max().item<double>(), static_cast<double>(masked));
    // What blocks have hidden stays hidden.
    EXPECT_TRUE(exact.ge(loose).all().item<bool>());
  }
}

TEST(BlockMask, RepairsGoByTheSampleAlone) {
  const BlockConfig blocks{.masked = 15, .smallest = 16, .exact = true};  // repairs alone
  const at::Tensor together = block_masks(1, 0, 3, kSamples, {4, 4}, blocks);
  const std::vector<std::int64_t> alone{9};
  EXPECT_TRUE(at::equal(together[1], block_masks(1, 0, 3, alone, {4, 4}, blocks)[0]));
  std::vector<std::int64_t> samples(400);
  std::iota(samples.begin(), samples.end(), 0);
  // Each of the sixteen patches is the visible one at some time.
  EXPECT_LT(block_masks(1, 0, 3, samples, {4, 4}, blocks).sum(0).max().item<double>(), 400);
}

TEST(BlockMask, NoBlockIsLargerThanTheLargest) {
  std::vector<std::int64_t> samples(100);
  std::iota(samples.begin(), samples.end(), 0);
  const BlockConfig single{.masked = 10, .smallest = 1, .largest = 1, .exact = true};
  const at::Tensor masks = block_masks(1, 0, 0, samples, {6, 6}, single);
  EXPECT_TRUE(masks.sum(1).eq(10).all().item<bool>());
  // 3×3 at once, where the largest is four.
  Script script{.uniform = {9, 0}, .integers = {0}};
  EXPECT_EQ(script.mask({5, 5}, {.masked = 9, .smallest = 1, .largest = 4}).sum().item<double>(),
            0);
  EXPECT_EQ(script.ranges.front(), std::pair(1.0, 4.0));
}

TEST(BlockMask, OnlyPatchesThatABlockAddsAreCounted) {
  // 2×2 at (0, 0), then 2×2 at (0, 1): two of them are hidden already, and six are wanted.
  Script script{.uniform = {4, 0}, .integers = {0, 0, 0, 1}};
  const at::Tensor mask = script.mask({5, 5}, {.masked = 6, .smallest = 1});
  EXPECT_EQ(mask.sum().item<std::int64_t>(), 6);
  EXPECT_EQ(mask.narrow(0, 0, 2).narrow(1, 0, 3).sum().item<std::int64_t>(), 6);
  EXPECT_EQ(script.lasts, (std::vector<std::int64_t>{3, 3, 3, 3}));
}

TEST(BlockMask, TheDrawsOfABatchLieInTheirRanges) {
  // Four of 16 patches, in blocks of one to four: every place is hidden at some time, and none of
  // the blocks reaches beyond the grid.
  std::vector<std::int64_t> samples(400);
  std::iota(samples.begin(), samples.end(), 0);
  const at::Tensor masks =
      block_masks(1, 0, 0, samples, {4, 4}, {.masked = 4, .smallest = 1, .narrowest = 0.3});
  const at::Tensor shown = masks.sum(0);
  EXPECT_GT(shown.min().item<double>(), 30);  // 100 on average
  EXPECT_LE(masks.sum(1).max().item<double>(), 4);
  EXPECT_EQ(masks.gt(1).sum().item<std::int64_t>() + masks.lt(0).sum().item<std::int64_t>(), 0);
}

}  // namespace
}  // namespace dbot::masking
