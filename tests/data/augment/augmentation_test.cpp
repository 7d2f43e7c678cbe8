#include "dbot/data/augment/augmentation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

using ::testing::HasSubstr;

std::string refused_colours(const std::function<void(PixelAugmentation&)>& change, int channels) {
  PixelAugmentation config;
  change(config);
  return test::message_of<UsageError>([&] { check_colours(config, channels, "data"); });
}

TEST(Augmentation, ChangesOfColourAreRefusedForOtherChannelsThanRgb) {
  const auto hue = [](auto& config) { config.colour_jitter.strength = {0, 0, 0, 0.1}; };
  const auto saturation = [](auto& config) { config.colour_jitter.strength = {0, 0, 0.4, 0}; };
  const auto grey = [](auto& config) { config.grey = 0.2; };
  const auto three = [](auto& config) { config.three_augment = 1; };
  EXPECT_THAT(refused_colours(hue, 6), HasSubstr("data.colour_jitter"));
  EXPECT_THAT(refused_colours(saturation, 2), HasSubstr("model.channels is 2"));
  EXPECT_THAT(refused_colours(grey, 4), HasSubstr("data.grayscale"));
  EXPECT_THAT(refused_colours(three, 6), HasSubstr("data.three_augment"));
  for (const int channels : {1, 3}) {
    EXPECT_EQ(refused_colours(grey, channels), "nothing was thrown");
  }
}

TEST(Augmentation, OtherChangesTakeAnyNumberOfChannels) {
  PixelAugmentation config;
  config.blur = config.solarise = config.erase.probability = 1;
  config.colour_jitter.strength = {0.4, 0.4, 0, 0};
  EXPECT_NO_THROW(check_colours(config, 6, "data"));
  std::vector<std::uint8_t> pixels(6 * 24 * 24);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 7);
  const auto before = pixels;
  augment_pixels({pixels.data(), 6, 24, 24}, config, {.seed = 1, .epoch = 1, .sample = 1});
  for (std::size_t c = 0; c < 6; ++c) {
    EXPECT_FALSE(std::equal(pixels.begin() + static_cast<std::ptrdiff_t>(c * 576),
                            pixels.begin() + static_cast<std::ptrdiff_t>((c + 1) * 576),
                            before.begin() + static_cast<std::ptrdiff_t>(c * 576)))
        << c;
  }
}

}  // namespace
}  // namespace dbot::data
