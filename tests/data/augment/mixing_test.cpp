#include "dbot/data/augment/mixing.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/flip.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

using test::message_of;
using ::testing::HasSubstr;

constexpr core::Size image_size{32, 48};
constexpr int mixtures = 4000;

core::Random mixture_draws(std::uint64_t seed, std::int64_t step) {
  return core::Random(
      {.seed = seed, .purpose = core::Purpose::mixing, .sample = static_cast<std::uint64_t>(step)});
}

TEST(DrawMix, SwitchesAndSpreadsAsConfigured) {
  const MixingConfig config{.mixup = 0.8, .cutmix = 1.0};
  int cut = 0;
  double sum = 0;
  for (int step = 0; step < mixtures; ++step) {
    auto random = mixture_draws(1, step);
    const auto mix = draw_mix(config, image_size, random);
    EXPECT_TRUE(mix.kept >= 0 && mix.kept <= 1);
    cut += mix.box.has_value();
    if (!mix.box) sum += mix.kept;
  }
  EXPECT_NEAR(cut, mixtures / 2.0, 130);
  EXPECT_NEAR(sum / (mixtures - cut), 0.5, 0.03);
}

TEST(DrawMix, DependsOnSeedAndStepAlone) {
  const MixingConfig config{.mixup = 0.8, .cutmix = 1.0};
  const auto kept = [&](std::uint64_t seed, std::int64_t step) {
    auto random = mixture_draws(seed, step);
    return draw_mix(config, image_size, random).kept;
  };
  EXPECT_EQ(kept(1, 2), kept(1, 2));
  EXPECT_NE(kept(1, 2), kept(1, 3));
  EXPECT_NE(kept(1, 2), kept(2, 2));
}

TEST(DrawMix, EachAloneAndNeither) {
  const auto share = [&](const MixingConfig& config, auto holds) {
    int count = 0;
    for (int step = 0; step < mixtures; ++step) {
      auto random = mixture_draws(3, step);
      count += holds(draw_mix(config, image_size, random));
    }
    return static_cast<double>(count) / mixtures;
  };
  const auto is_cut = [](const Mix& mix) { return mix.box.has_value(); };
  const auto is_mixed = [](const Mix& mix) { return mix.box.has_value() || mix.kept != 1; };
  EXPECT_EQ(share({.mixup = 1}, is_cut), 0);
  EXPECT_EQ(share({.mixup = 1}, is_mixed), 1);
  EXPECT_EQ(share({.cutmix = 1}, is_cut), 1);
  EXPECT_EQ(share({}, is_mixed), 0);
  EXPECT_NEAR(share({.mixup = 1, .probability = 0.25}, is_mixed), 0.25, 0.03);
  EXPECT_NEAR(share({.mixup = 1, .cutmix = 1, .cutmix_share = 0.2}, is_cut), 0.2, 0.03);
}

TEST(DrawMix, SaysWhetherAnyBatchIsMixed) {
  EXPECT_FALSE(mixes({}));
  EXPECT_TRUE(mixes({.mixup = 1}));
  EXPECT_TRUE(mixes({.cutmix = 1}));
  EXPECT_FALSE(mixes({.mixup = 1, .cutmix = 1, .probability = 0}));
}

TEST(DrawMix, RefusesWhatIsNoDistribution) {
  auto random = mixture_draws(1, 1);
  for (const MixingConfig& config :
       {MixingConfig{.mixup = -1}, {.cutmix = std::nan("")}, {.probability = 1.5}}) {
    EXPECT_THAT(message_of<UsageError>([&] { draw_mix(config, image_size, random); }),
                HasSubstr("[mixing]"));
  }
}

TEST(CutmixBox, IsCutOffAtTheBorderAndSoIsItsShare) {
  EXPECT_EQ(cutmix_box(0.75, {16, 32}, 8, 16), (Crop{4, 8, 8, 16}));
  EXPECT_EQ(cutmix_box(0.75, {16, 32}, 0, 31), (Crop{0, 23, 4, 9}));
  EXPECT_DOUBLE_EQ(cutmix({0, 23, 4, 9}, {16, 32}).kept, 1 - 36.0 / 512);
  EXPECT_EQ(cutmix_box(1, {16, 32}, 8, 16), (Crop{8, 16, 0, 0}));
  EXPECT_EQ(cutmix_box(0, {16, 32}, 8, 16), (Crop{0, 0, 16, 32}));
}

TEST(MixImages, BlendsEachWithItsPartner) {
  for (const std::int64_t batch : {1, 4, 5}) {
    const auto before = at::rand({batch, 3, 8, 6});
    auto images = before.clone();
    mix_images(images, {0.3, std::nullopt});
    EXPECT_TRUE(at::allclose(images, before * 0.3 + before.flip(0) * 0.7));
  }
  auto images = at::rand({4, 3, 8, 6});
  const auto before = images.clone();
  mix_images(images, {});
  EXPECT_TRUE(at::equal(images, before));
}

TEST(MixImages, PutsInAPartOfThePartner) {
  const auto before = at::rand({4, 3, 8, 6});
  auto images = before.clone();
  const Crop box{1, 2, 4, 3};
  mix_images(images, cutmix(box, {8, 6}));
  auto expected = before.clone();
  for (int i = 0; i < 4; ++i) {
    expected[i].narrow(1, 1, 4).narrow(2, 2, 3).copy_(
        before[3 - i].narrow(1, 1, 4).narrow(2, 2, 3));
  }
  EXPECT_TRUE(at::equal(images, expected));
  mix_images(images, cutmix({8, 6, 0, 0}, {8, 6}));  // nothing
  EXPECT_TRUE(at::equal(images, expected));
}

TEST(MixImages, RefusesOtherTensorsAndBoxes) {
  const auto refusal = [](at::Tensor images, const Mix& mix) {
    return message_of<UsageError>([&] { mix_images(images, mix); });
  };
  EXPECT_THAT(refusal(at::ones({2, 3, 4}), {}), HasSubstr("3 dimensions"));
  EXPECT_THAT(refusal(at::ones({2, 3, 4, 4}).to(at::kByte), {}), HasSubstr("whole numbers"));
  EXPECT_THAT(refusal(at::ones({2, 3, 4, 4}), {0.5, Crop{1, 0, 4, 4}}), HasSubstr("not inside"));
}

TEST(SoftTargets, AddUpToOneAndMixWithThePartners) {
  const auto labels = at::tensor({0, 2, 3}, at::kLong);
  const auto targets = soft_targets(labels, 4, 0.2);
  EXPECT_TRUE(at::allclose(targets.sum(1), at::ones({3})));
  EXPECT_NEAR(targets[1][2].item().toDouble(), 0.85, 1e-7);
  EXPECT_NEAR(targets[1][0].item().toDouble(), 0.05, 1e-7);
  const auto mixed = mixed_targets(labels, 4, 0.2, {0.75, std::nullopt});
  EXPECT_TRUE(at::allclose(mixed, targets * 0.75 + targets.flip(0) * 0.25));
  EXPECT_TRUE(at::equal(mixed_targets(labels, 4, 0.2, {}), targets));
  for (const auto& bad : {at::tensor({0, 4}, at::kLong), at::tensor({-1}, at::kLong),
                          at::tensor({0.5}, at::kFloat)}) {
    EXPECT_THAT(message_of<UsageError>([&] { soft_targets(bad, 4, 0.1); }), HasSubstr("0…3"));
  }
}

}  // namespace
}  // namespace dbot::data
