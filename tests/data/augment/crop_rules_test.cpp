#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "dbot/data/augment/crop_rules.h"

namespace dbot::data {
namespace {

core::Random random_for(std::uint64_t sample) {
  return core::Random({.seed = 3, .purpose = core::Purpose::augmentation, .sample = sample});
}

TEST(RandomResizedCrop, KeepsToScaleAndRatioAndStaysInside) {
  const AugmentationConfig config;
  double smallest = 1, largest = 0;
  for (std::uint64_t sample = 0; sample < 2000; ++sample) {
    auto random = random_for(sample);
    const auto crop = random_resized_crop(300, 400, config, random);
    ASSERT_GE(crop.top, 0);
    ASSERT_GE(crop.left, 0);
    ASSERT_LE(crop.top + crop.height, 300);
    ASSERT_LE(crop.left + crop.width, 400);
    const double share = crop.height * crop.width / (300.0 * 400.0);
    const double ratio = static_cast<double>(crop.width) / crop.height;
    ASSERT_GT(ratio, 0.75 * 0.98);
    ASSERT_LT(ratio, 4.0 / 3 * 1.02);
    smallest = std::min(smallest, share);
    largest = std::max(largest, share);
  }
  EXPECT_NEAR(smallest, 0.2, 0.01);
  EXPECT_GT(largest, 0.97);
}

TEST(RandomResizedCrop, IsAFunctionOfItsDraws) {
  const AugmentationConfig config;
  std::set<std::pair<int, int>> corners;
  for (std::uint64_t sample = 0; sample < 50; ++sample) {
    auto one = random_for(sample), two = random_for(sample);
    const auto crop = random_resized_crop(100, 80, config, one);
    EXPECT_EQ(crop, random_resized_crop(100, 80, config, two));
    corners.emplace(crop.top, crop.left);
  }
  EXPECT_GT(corners.size(), 25U);
}

TEST(RandomResizedCrop, FallsBackToTheCentralCropOfTheNearestRatio) {
  AugmentationConfig config;
  config.crop_scale = {0.9, 1.0};  // no such crop of a long strip has a legal ratio
  auto random = random_for(0);
  EXPECT_EQ(random_resized_crop(100, 1000, config, random), (Crop{0, 433, 100, 133}));
  EXPECT_EQ(random_resized_crop(1000, 99, config, random), (Crop{434, 0, 132, 99}));
  EXPECT_EQ(random_resized_crop(1, 1, config, random), (Crop{0, 0, 1, 1}));
  config.crop_scale = {1.0, 1.0};
  config.crop_ratio = {2.0, 2.0};
  EXPECT_EQ(random_resized_crop(100, 100, config, random), (Crop{25, 0, 50, 100}));
}

TEST(SingleShotCrop, EqualsTheOfficialOne) {
  const std::filesystem::path path = "tests/golden/mae/single_shot_crop.json";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not in this checkout";
  std::ifstream file(path);
  const auto fixture = nlohmann::json::parse(file);
  ASSERT_EQ(fixture.at("rows").size(), 40U);
  for (const auto& row : fixture.at("rows")) {
    const auto crop = single_shot_crop(row[1], row[0], row[2], row[3], row[4], row[5]);
    EXPECT_EQ(crop, (Crop{row[6], row[7], row[8], row[9]})) << row;
  }
}

TEST(SingleShotCrop, IsClampedToTheImage) {
  EXPECT_EQ(single_shot_crop(10, 1000, 1.0, 0.0, 3, 2000), (Crop{0, 900, 10, 100}));
  EXPECT_EQ(single_shot_crop(1, 1, 0.08, 0.2, 0, 0), (Crop{0, 0, 1, 1}));
}

TEST(RandomCrop, FollowsTheRuleOfItsConfiguration) {
  AugmentationConfig config;
  auto one = random_for(5), two = random_for(5);
  EXPECT_EQ(random_crop(100, 80, config, one), random_resized_crop(100, 80, config, two));
  config.crop_scale = {0.08, 1.0};
  config.crop_rule = CropRule::single_shot;
  double smallest = 1, largest = 0, ends = 0;
  for (std::uint64_t sample = 0; sample < 2000; ++sample) {
    auto random = random_for(sample);
    const auto crop = random_crop(300, 400, config, random);
    ASSERT_GE(crop.top, 0);
    ASSERT_GE(crop.left, 0);
    ASSERT_LE(crop.top + crop.height, 300);
    ASSERT_LE(crop.left + crop.width, 400);
    const double share = crop.height * crop.width / (300.0 * 400.0);
    smallest = std::min(smallest, share);
    largest = std::max(largest, share);
    ends += crop.height == 300 ? 1 : 0;
  }
  EXPECT_NEAR(smallest, 0.08, 0.01);
  EXPECT_GT(largest, 0.97);
  EXPECT_GT(ends, 200) << "what would be larger than the image is cut to it, not drawn again";
}

TEST(CentreCrop, FollowsTheEvaluationRule) {
  EXPECT_EQ(centre_crop(256, 256, {224, 224}), (Crop{16, 16, 224, 224}));
  EXPECT_EQ(centre_crop(512, 768, {224, 224}), (Crop{32, 160, 448, 448}));
  EXPECT_EQ(centre_crop(384, 500, {384, 384}), (Crop{0, 58, 384, 384}));
  EXPECT_EQ(centre_crop(33, 33, {32, 32}), (Crop{2, 2, 29, 29}));
  EXPECT_EQ(centre_crop(1, 1, {224, 224}), (Crop{0, 0, 1, 1}));
}

TEST(CentreCrop, OfATallImageIsAsWideAsTheRuleLeaves) {
  // 96 of 109 pixels of the shorter side.
  EXPECT_EQ(centre_crop(300, 100, {96, 96}), (Crop{106, 6, 88, 88}));
  EXPECT_EQ(centre_crop(100, 300, {96, 96}), (Crop{6, 106, 88, 88}));
  // A third of a row is a row.
  EXPECT_EQ(centre_crop(100, 10, {1, 32}), (Crop{50, 0, 1, 10}));
}

TEST(CentreCrop, KeepsTheRatioOfTheTarget) {
  const auto crop = centre_crop(400, 600, {256, 512});
  EXPECT_EQ(crop, (Crop{50, 0, 300, 600}));
  const auto upright = centre_crop(400, 600, {512, 256});
  EXPECT_EQ(upright, (Crop{0, 200, 400, 200}));
}

}  // namespace
}  // namespace dbot::data
