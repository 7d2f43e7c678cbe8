#include "dbot/masking/random_mask.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <array>

#include "dbot/core/error.h"

namespace dbot::masking {
namespace {

TEST(RandomMask, KeepsTheLeastNoiseAndBreaksTiesByIndex) {
  const Mask mask = random_mask(at::tensor({.5f, .1f, .5f, .1f}).view({1, 4}), 3);
  EXPECT_TRUE(at::equal(mask.ids_keep, at::tensor({1, 3, 0}, at::kLong).view({1, 3})));
  EXPECT_TRUE(at::equal(mask.ids_restore, at::tensor({2, 0, 3, 1}, at::kLong).view({1, 4})));
  EXPECT_TRUE(at::equal(mask.mask, at::tensor({0.f, 0.f, 1.f, 0.f}).view({1, 4})));
}

TEST(RandomMask, KeepsNoneOrAllButNotMore) {
  const at::Tensor noise = at::tensor({.5f, .1f}).view({1, 2});
  EXPECT_EQ(random_mask(noise, 0).ids_keep.size(1), 0);
  EXPECT_EQ(random_mask(noise, 2).ids_keep.size(1), 2);
  EXPECT_EQ(random_mask(noise, 2).mask.sum().item<double>(), 0);
  EXPECT_THROW(random_mask(noise, 3), Error);
  EXPECT_THROW(random_mask(noise, -1), Error);
  EXPECT_THROW(random_mask(noise.view({2}), 1), Error);
}

TEST(RandomMask, TruncatesInDoublePrecision) {
  EXPECT_EQ(kept_patches(100, 0.9), 9);
  EXPECT_EQ(kept_patches(196, 0.75), 49);
  EXPECT_EQ(kept_patches(64, 0), 64);
  EXPECT_EQ(kept_patches(64, 1.0), 0);
  EXPECT_THROW(kept_patches(64, 1.5), UsageError);
  EXPECT_THROW(kept_patches(64, -0.1), UsageError);
}

TEST(VisiblePatches, AreByCountOrByRatio) {
  EXPECT_EQ(visible_patches({.ratio = 0.4}, 64), 38);  // trunc(38.4)
  EXPECT_EQ(visible_patches({.kind = MaskKind::block, .ratio = 0.4}, 64), 38);
  EXPECT_EQ(visible_patches({.kind = MaskKind::block, .ratio = 0.4, .count = -1}, 64), 64 - 25);
  EXPECT_EQ(visible_patches({.ratio = 0.4, .count = -1}, 64), 38);
  EXPECT_EQ(visible_patches({.ratio = 0.4, .count = 10}, 64), 54);
  EXPECT_TRUE(MaskConfig{}.exact());
  EXPECT_FALSE(MaskConfig{.kind = MaskKind::block}.exact());
}

TEST(MaskAsGiven, VisiblePatchesComeFirst) {
  const at::Tensor mask = at::tensor({0.F, 1.F, 1.F, 0.F, 1.F, 0.F, 0.F, 1.F}).view({2, 4});
  const Mask given = mask_as_given(mask);
  EXPECT_TRUE(at::equal(given.ids_keep, at::tensor({0, 3, 1, 2}, at::kLong).view({2, 2})));
  EXPECT_TRUE(
      at::equal(given.ids_restore, at::tensor({0, 2, 3, 1, 2, 0, 1, 3}, at::kLong).view({2, 4})));
  EXPECT_TRUE(at::equal(given.mask, mask));
  EXPECT_THROW(mask_as_given(at::tensor({0.F, 1.F, 1.F, 1.F}).view({2, 2})), Error);
}

TEST(MaskNoise, BelongsToTheSampleNotToItsPlace) {
  const std::array<std::int64_t, 3> order{4, 9, 2}, other{2, 4, 9};
  const at::Tensor a = mask_noise(1, 0, 3, order, 16), b = mask_noise(1, 0, 3, other, 16);
  EXPECT_TRUE(at::equal(a[0], b[1]));
  EXPECT_TRUE(at::equal(a[2], b[0]));
  EXPECT_FALSE(at::equal(a, mask_noise(1, 0, 4, order, 16)));
  EXPECT_FALSE(at::equal(a, mask_noise(1, 1, 3, order, 16)));
  EXPECT_FALSE(at::equal(a, mask_noise(2, 0, 3, order, 16)));
  EXPECT_GE(a.min().item<float>(), 0);
  EXPECT_LT(a.max().item<float>(), 1);
}

}  // namespace
}  // namespace dbot::masking
