// Frames of a clip are changed alike.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "dbot/core/random.h"
#include "dbot/data/augment/augment.h"

namespace dbot::data {
namespace {

constexpr int kFrameSide = 20;

std::vector<std::uint8_t> noise(std::uint64_t seed) {
  core::Random random({.seed = seed});
  std::vector<std::uint8_t> pixels(3 * kFrameSide * kFrameSide);
  for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(20 + random.below(200));
  return pixels;
}

PlanarImage image_of(std::vector<std::uint8_t>& pixels) {
  return {pixels.data(), 3, kFrameSide, kFrameSide};
}

/// Everything on, always but for random pixels.
PixelAugmentation everything_at_once() {
  PixelAugmentation config;
  config.random_augment = {.operations = 3, .probability = 1};
  config.three_augment = config.grey = config.blur = config.solarise = 1;
  config.colour_jitter.strength = {0.4, 0.4, 0.4, 0.1};
  config.erase = {.probability = 1, .fill = EraseFill::colour, .most = 3};
  return config;
}

TEST(AugmentFrames, DoesToEachFrameWhatIsDoneToAnImage) {
  for (int sample = 0; sample < 40; ++sample) {
    const PixelDraws draws{.seed = 2, .sample = sample};
    auto first = noise(1), second = noise(2), first_alone = first, second_alone = second;
    const std::array frames{image_of(first), image_of(second)};
    augment_frames(frames, everything_at_once(), draws);
    augment_pixels(image_of(first_alone), everything_at_once(), draws);
    augment_pixels(image_of(second_alone), everything_at_once(), draws);
    EXPECT_EQ(first, first_alone) << sample;
    EXPECT_EQ(second, second_alone) << sample;
  }
}

TEST(AugmentFrames, OfNoFramesAreNone) {
  augment_frames({}, everything_at_once(), {});
}

TEST(AugmentFrames, ErasesOneRectangleWithRandomPixelsOfEachFrame) {
  PixelAugmentation config;
  config.erase = {.probability = 1, .area = {0.2, 0.3}};
  config.range = {{0.5}, {0.1}};
  std::vector<std::uint8_t> first(3 * kFrameSide * kFrameSide), second = first;
  const std::array frames{image_of(first), image_of(second)};
  augment_frames(frames, config, {.seed = 3});
  int erased = 0;
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i] == 0, second[i] == 0) << i;
    erased += first[i] != 0 ? 1 : 0;
  }
  EXPECT_GT(erased, 3 * kFrameSide * kFrameSide * 15 / 100);
  EXPECT_NE(first, second);
}

}  // namespace
}  // namespace dbot::data
