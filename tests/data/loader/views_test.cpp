// Further views of a sample, and what happens to pixels, in the loader.
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/random.h"
#include "dbot/data/augment/crop_rules.h"
#include "dbot/data/image/resize_crop.h"
#include "dbot/data/loader/loader.h"
#include "tests/data/fixtures.h"
#include "tests/data/loader/loader_batches.h"
#include "tests/data/memory_dataset.h"

namespace dbot::data {
namespace {

using test::MemoryDataset;
using test::message_of;
using ::testing::HasSubstr;

PixelAugmentation strong_pixels() {
  PixelAugmentation pixels;
  pixels.random_augment.operations = 2;
  pixels.colour_jitter = {{0.4, 0.4, 0.4, 0.1}, 0.8};
  pixels.grey = pixels.solarise = 0.2;
  pixels.blur = 0.5;
  pixels.erase.probability = 0.25;
  return pixels;
}

test::ImageLoaderConfig view_settings(int workers = 1) {
  test::ImageLoaderConfig config;
  config.image_size = {6, 7};
  config.batch_size = 8;
  config.seed = 5;
  config.workers = workers;
  return config;
}

test::ImageLoaderConfig with_views(test::ImageLoaderConfig config) {
  AugmentationConfig global, local;
  global.pixels = strong_pixels();
  local.crop_scale = {0.05, 0.3};
  config.views = {{"second", {6, 7}, 1, global}, {"local", {4, 4}, 3, local}};
  return config;
}

std::vector<Batch> batches(const test::ImageLoaderConfig& config, int count,
                           std::int64_t size = 50) {
  return test::load_batches(std::make_shared<MemoryDataset>(size, std::set<std::int64_t>{3, 17}),
                            config, count);
}

void expect_equal_views(const std::vector<Batch>& one, const std::vector<Batch>& two) {
  ASSERT_EQ(one.size(), two.size());
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].sample_ids, two[i].sample_ids);
    ASSERT_EQ(one[i].tensors.size(), two[i].tensors.size());
    for (const auto& [name, tensor] : one[i].tensors) {
      EXPECT_TRUE(at::equal(tensor, two[i].tensors.at(name))) << name << " of batch " << i;
    }
  }
}

TEST(Views, HaveTheirShapes) {
  const auto batch = batches(with_views(view_settings()), 1)[0];
  const auto shape = [&](const char* name) { return batch.tensors.at(name).sizes().vec(); };
  EXPECT_EQ(shape("images"), (std::vector<std::int64_t>{8, 3, 6, 7}));
  EXPECT_EQ(shape("second"), (std::vector<std::int64_t>{8, 1, 3, 6, 7}));
  EXPECT_EQ(shape("local"), (std::vector<std::int64_t>{8, 3, 3, 4, 4}));
  EXPECT_EQ(batch.tensors.size(), 3U);
}

TEST(Views, AreTheSameBitsWithAnyNumberOfWorkersAndAfterAResume) {
  auto config = with_views(view_settings());
  config.augmentation.pixels = strong_pixels();
  auto expected = batches(config, 14);
  for (const int workers : {2, 7}) {
    config.workers = workers;
    expect_equal_views(batches(config, 14), expected);
  }
  config.first_batch = 9;
  expected.erase(expected.begin(), expected.begin() + 9);
  expect_equal_views(batches(config, 5), expected);
}

TEST(Views, DoNotChangeTheMainImagesAndDifferFromEachOther) {
  const auto alone = batches(view_settings(), 6), with = batches(with_views(view_settings()), 6);
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_TRUE(at::equal(alone[i].tensors.at("images"), with[i].tensors.at("images")));
    const auto& local = with[i].tensors.at("local");
    EXPECT_FALSE(at::equal(local.select(1, 0), local.select(1, 1)));
    EXPECT_FALSE(at::equal(local.select(1, 1), local.select(1, 2)));
    EXPECT_FALSE(at::equal(with[i].tensors.at("images"), with[i].tensors.at("second").squeeze(1)));
  }
  EXPECT_FALSE(at::equal(with[0].tensors.at("local"), with[1].tensors.at("local")));
}

TEST(Views, AreLeftOutOfAnEvaluationPassLikeAugmentation) {
  auto config = with_views(view_settings());
  config.augmentation.pixels = strong_pixels();
  config.training = false;
  auto plain = view_settings();
  plain.training = false;
  expect_equal_views(batches(config, 100), batches(plain, 100));
}

TEST(Views, AreRefusedWithoutAName) {
  const auto refusal = [](auto change) {
    auto config = with_views(view_settings());
    change(config.views);
    return message_of<UsageError>([&] { batches(config, 1); });
  };
  EXPECT_THAT(refusal([](auto& views) { views[0].name = ""; }), HasSubstr("no name"));
  EXPECT_THAT(refusal([](auto& views) { views[0].name = "images"; }), HasSubstr("\"images\""));
  EXPECT_THAT(refusal([](auto& views) { views[1].name = "second"; }), HasSubstr("\"second\""));
  EXPECT_THAT(refusal([](auto& views) { views[1].count = 0; }), HasSubstr("0 crops of 4x4"));
  EXPECT_THAT(refusal([](auto& views) { views[1].count = 1000000; }), HasSubstr("at most 1000"));
  EXPECT_THAT(refusal([](auto& views) { views[0].image_size.height = 0; }), HasSubstr("0x7"));
  EXPECT_THAT(refusal([](auto& views) {
                views[0].augmentation.pixels.blur_sigma = {2, 1};
              }),
              HasSubstr("second.blur_sigma is [2, 1]"));
}

TEST(LoaderPixels, AreThoseOfCropAndFlipWhereNothingElseIsAskedFor) {
  const auto config = view_settings();
  const auto batch = batches(config, 1)[0];
  const MemoryDataset dataset(50);
  for (std::size_t i = 0; i < 8; ++i) {
    const auto sample = batch.sample_ids[i];
    core::Random random({.seed = config.seed,
                         .purpose = core::Purpose::augmentation,
                         .sample = static_cast<std::uint64_t>(sample)});
    const auto image = load_image(dataset, sample, 3);
    const auto crop = random_resized_crop(image.height, image.width, config.augmentation, random);
    std::vector<std::uint8_t> expected(3 * 6 * 7);
    resize_crop(image, crop, config.image_size, random.uniform() < 0.5, expected);
    const auto* pixels = batch.tensors.at("images").data_ptr<std::uint8_t>() + i * expected.size();
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), pixels)) << sample;
  }
}

TEST(LoaderPixels, AreMirroredAsOftenAsTheProbabilitySays) {
  constexpr std::int64_t kImages = 800;
  const MemoryDataset dataset(kImages);
  auto config = view_settings();
  config.augmentation.crop_scale = {1, 1};
  for (const double probability : {0.0, 0.2, 0.9, 1.0}) {
    config.augmentation.flip = probability;
    std::int64_t mirrored = 0;
    for (const auto& batch : batches(config, kImages / 8, kImages)) {
      for (std::size_t i = 0; i < 8; ++i) {
        const auto image = load_image(dataset, batch.sample_ids[i], 3);
        std::vector<std::uint8_t> pixels(3 * 6 * 7);
        core::Random random({.seed = config.seed,
                             .purpose = core::Purpose::augmentation,
                             .sample = static_cast<std::uint64_t>(batch.sample_ids[i])});
        const auto crop =
            random_resized_crop(image.height, image.width, config.augmentation, random);
        resize_crop(image, crop, config.image_size, /*flip=*/true, pixels);
        const auto* seen = batch.tensors.at("images").data_ptr<std::uint8_t>() + i * pixels.size();
        mirrored += std::equal(pixels.begin(), pixels.end(), seen) ? 1 : 0;
      }
    }
    // Two samples are broken, and others stand in for them. 0.06 is four deviations.
    EXPECT_NEAR(static_cast<double>(mirrored) / kImages, probability,
                probability == 0 || probability == 1 ? 0.01 : 0.06);
  }
}

TEST(LoaderPixels, ChangeWithEpochAndAreRefusedOutsideTheirRange) {
  auto config = view_settings();
  config.augmentation.crop_scale = {1, 1};
  config.augmentation.flip = 0;
  const auto plain = batches(config, 1)[0];
  config.augmentation.pixels.colour_jitter.strength = {0.4, 0.4, 0.4, 0};
  const auto jittered = batches(config, 1)[0];
  EXPECT_EQ(plain.sample_ids, jittered.sample_ids);
  EXPECT_FALSE(at::equal(plain.tensors.at("images"), jittered.tensors.at("images")));
  const auto refusal = [&](std::vector<double> strength) {
    config.augmentation.pixels.colour_jitter.strength = std::move(strength);
    return message_of<UsageError>([&] { batches(config, 1); });
  };
  EXPECT_THAT(refusal({0.4}), HasSubstr("data.colour_jitter is [0.4]"));
  EXPECT_THAT(refusal({0.4, 0.4, 0.4, 0.6}), HasSubstr("at most 0.5"));
  EXPECT_THAT(refusal({0.4, -0.4, 0.4, 0}), HasSubstr("at least 0"));
}

}  // namespace
}  // namespace dbot::data
