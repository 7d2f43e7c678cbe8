#include "dbot/masking/space_time_mask.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"

namespace dbot::masking {
namespace {

using Kind = SpaceTimeMaskKind;

constexpr SpaceTimeGrid kGrid{.time = 4, .height = 6, .width = 6};
const std::vector<std::int64_t> kVideos{3, 9, 4};

Mask drawn(const SpaceTimeMaskConfig& config, std::int64_t repeats = 1) {
  return mask_of_draws(space_time_draws(1, 0, 2, kVideos, repeats, config, kGrid), config, kGrid);
}

at::Tensor in_steps(const Mask& mask) {
  return mask.mask.view({-1, kGrid.time, kGrid.places()});
}

TEST(SpaceTimeMask, EveryKindLeavesWhatItSays) {
  for (const Kind kind : {Kind::random, Kind::tube, Kind::frame, Kind::cube, Kind::per_frame}) {
    for (const double ratio : {0.0, 0.3, 0.5, 0.75, 0.9}) {
      const SpaceTimeMaskConfig config{.kind = kind, .ratio = ratio};
      const Mask mask = drawn(config, /*repeats=*/2);
      const auto visible = visible_tokens(config, kGrid);
      EXPECT_EQ(mask.ids_keep.size(1), visible) << static_cast<int>(kind) << " at " << ratio;
      EXPECT_TRUE(mask.mask.eq(0).sum(1).eq(visible).all().item<bool>());
      // Unshuffling is the inverse of shuffling.
      const at::Tensor shuffled = mask.ids_restore.argsort(/*stable=*/true, 1, false);
      EXPECT_TRUE(at::equal(shuffled.slice(1, 0, visible), mask.ids_keep));
    }
  }
}

TEST(SpaceTimeMask, NumbersAreThoseOfTheReference) {
  const SpaceTimeGrid large{.time = 8, .height = 14, .width = 14};
  EXPECT_EQ(visible_tokens({.ratio = 0.9}, large), 156);
  EXPECT_EQ(visible_tokens({.kind = Kind::tube, .ratio = 0.9}, kGrid), 16);
  EXPECT_EQ(visible_tokens({.kind = Kind::tube, .ratio = 0.9, .ragged_tubes = true}, kGrid), 14);
  EXPECT_EQ(visible_tokens({.kind = Kind::frame, .ratio = 0.75}, large), 2 * 196);
  EXPECT_THROW(visible_tokens({.ratio = 1.5}, large), UsageError);
}

TEST(SpaceTimeMask, TubesAreConstantInTimeAndFramesInSpace) {
  const at::Tensor tubes = in_steps(drawn({.kind = Kind::tube}));
  EXPECT_TRUE(at::equal(tubes, tubes.narrow(1, 0, 1).expand_as(tubes)));
  const at::Tensor frames = in_steps(drawn({.kind = Kind::frame, .ratio = 0.5}));
  EXPECT_TRUE(at::equal(frames, frames.narrow(2, 0, 1).expand_as(frames)));
  const at::Tensor each = in_steps(drawn({.kind = Kind::per_frame, .ratio = 0.75})).sum(2);
  EXPECT_TRUE(each.eq(27).all().item<bool>());
}

TEST(SpaceTimeMask, ARowDependsOnItsSampleAndRepeatAlone) {
  for (const Kind kind : {Kind::random, Kind::cube}) {
    const SpaceTimeMaskConfig config{.kind = kind, .ratio = 0.75};
    const at::Tensor all = space_time_draws(1, 0, 2, kVideos, 3, config, kGrid);
    const std::vector<std::int64_t> one{9};
    EXPECT_TRUE(at::equal(all.narrow(0, 3, 2), space_time_draws(1, 0, 2, one, 2, config, kGrid)));
    EXPECT_FALSE(at::equal(all[3], all[4])) << "repeats have masks of their own";
    EXPECT_FALSE(at::equal(all[3], space_time_draws(1, 0, 3, one, 1, config, kGrid)[0]));
  }
}

/// Every attempt draws the largest block of equal sides, over all steps, in the first corner.
CubeDraws same_block(std::int64_t side) {
  return {[side](double low, double) { return low < 0 ? 0.0 : static_cast<double>(side * side); },
          [](std::int64_t first, std::int64_t last) { return first == 1 ? last : first; },
          [](std::int64_t count, std::int64_t of) {
            EXPECT_LE(count, of);
            std::vector<std::int64_t> places;
            for (std::int64_t i = 0; i < count; ++i) places.push_back(of - 1 - i);
            return places;
          }};
}

TEST(SpaceTimeMask, CubesThatEndEarlyAreFilledUpOnlyWhereTheyAreToBeExact) {
  CubeConfig config{.masked = 70, .smallest = 7, .largest = 36, .exact = false};
  const at::Tensor early = cube_mask(kGrid, config, same_block(4));
  EXPECT_EQ(early.sum().item<std::int64_t>(), 4 * 16) << "the second block adds nothing";
  config.exact = true;
  const at::Tensor whole = cube_mask(kGrid, config, same_block(4));
  EXPECT_EQ(whole.sum().item<std::int64_t>(), 70);
  EXPECT_TRUE(whole.ge(early).all().item<bool>());
  EXPECT_EQ(whole.flatten().slice(0, -6).sum().item<std::int64_t>(), 6) << "the last visible ones";
}

TEST(SpaceTimeMask, CubesNeverReachAcrossAStep) {
  // A block as high as the grid is not taken, so nothing is hidden.
  const CubeConfig config{.masked = 36, .smallest = 36, .largest = 36, .exact = false};
  EXPECT_EQ(cube_mask(kGrid, config, same_block(6)).sum().item<std::int64_t>(), 0);
}

TEST(SpaceTimeMask, NoiseOfAnotherShapeIsRefused) {
  EXPECT_THROW(space_time_mask(at::rand({2, 36}), {}, kGrid), Error);
  EXPECT_THROW(space_time_mask(at::rand({2, 144}), {.kind = Kind::cube}, kGrid), Error);
}

}  // namespace
}  // namespace dbot::masking
