#include "dbot/masking/block_mask.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

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
}

TEST(BlockMask, ABlockThatFitsNowhereEndsTheMask) {
  // Side 4 of a grid of 4: such blocks are not taken.
  const BlockConfig blocks{.masked = 16, .smallest = 16, .narrowest = 0.999};
  const at::Tensor masks = block_masks(1, 0, 0, kSamples, {4, 4}, blocks);
  EXPECT_EQ(masks.sum().item<double>(), 0);
}

TEST(BlockMask, RectanglesAreWhereTheDrawsSay) {
  std::vector<double> uniform{4, 0};  // area, logarithm of the shape
  std::vector<std::int64_t> integers{1, 2};
  std::size_t next_uniform = 0, next_integer = 0;
  const at::Tensor mask = block_mask({5, 6}, {.masked = 4, .smallest = 4},
                                     {[&](double, double) { return uniform[next_uniform++]; },
                                      [&](std::int64_t) { return integers[next_integer++]; }});
  EXPECT_EQ(mask.sum().item<std::int64_t>(), 4);
  EXPECT_EQ(mask.narrow(0, 1, 2).narrow(1, 2, 2).sum().item<std::int64_t>(), 4);
}

}  // namespace
}  // namespace dbot::masking
