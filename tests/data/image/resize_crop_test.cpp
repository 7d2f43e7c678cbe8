#include <gtest/gtest.h>

#include <algorithm>
#include <ios>

#include "dbot/data/image/resample.h"
#include "dbot/data/image/resize_crop.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

/// A checkerboard on the left, noise on a ramp on the right: the same formula as in
/// make_fixtures.py.
Image source(int height, int width, int channels) {
  Image image{height, width, channels, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) {
        const auto index = static_cast<std::uint64_t>(image.pixels.size());
        const int noise = static_cast<int>(((index * 2654435761 & 0xFFFFFFFF) >> 13) % 97);
        const int ramp = (x * 5 + y * 3 + c * 40) % 256;
        const int board = (x / 7 + y / 5) % 2 == 0 ? 255 : 0;
        const int value = x * 2 < width ? board : (ramp + noise) / 2 + noise % 3 * 30;
        image.pixels.push_back(static_cast<std::uint8_t>(std::min(value, 255)));
      }
    }
  }
  return image;
}

std::vector<std::uint8_t> resized(const Image& image, const Crop& crop, core::Size size,
                                  bool mirror = false) {
  std::vector<std::uint8_t> planar(
      static_cast<std::size_t>(image.channels * size.height * size.width));
  resize_crop(image, crop, size, mirror, planar);
  return planar;
}

TEST(ResizeCrop, EqualsPillowBitForBit) {
  int cases = 0;
  for (auto& row : test::table("resized.txt")) {
    int channels = 0, height = 0, width = 0;
    Crop crop;
    core::Size size;
    std::string first;
    std::uint64_t expected = 0;
    row >> channels >> height >> width >> crop.top >> crop.left >> crop.height >> crop.width >>
        size.height >> size.width >> first >> std::hex >> expected;
    SCOPED_TRACE(row.str());
    const auto planar = resized(source(height, width, channels), crop, size);
    EXPECT_EQ(test::fingerprint(planar), expected);
    ++cases;
  }
  EXPECT_EQ(cases, 32);
}

TEST(ResizeCrop, PixelsBesideTheCropDoNotMatter) {
  const auto image = source(40, 60, 3);
  const Crop crop{8, 9, 21, 30};
  auto other = image;
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 60; ++x) {
      if (y >= 8 && y < 29 && x >= 9 && x < 39) continue;
      for (int c = 0; c < 3; ++c) other.pixels[(y * 60 + x) * 3 + c] ^= 0xFF;
    }
  }
  EXPECT_EQ(resized(image, crop, {16, 16}), resized(other, crop, {16, 16}));
}

TEST(ResizeCrop, MirrorReversesEveryRow) {
  const auto image = source(20, 30, 3);
  const Crop crop{1, 2, 17, 23};
  const auto plain = resized(image, crop, {5, 7});
  auto mirrored = resized(image, crop, {5, 7}, true);
  EXPECT_NE(mirrored, plain);
  for (std::size_t row = 0; row < mirrored.size(); row += 7) {
    std::reverse(mirrored.begin() + row, mirrored.begin() + row + 7);
  }
  EXPECT_EQ(mirrored, plain);
}

TEST(ResizeCrop, RefusesACropOutsideTheImageAndAWrongResultSize) {
  const auto image = source(4, 4, 1);
  std::vector<std::uint8_t> planar(4);
  for (const Crop crop :
       {Crop{0, 0, 5, 4}, Crop{1, 0, 4, 4}, Crop{0, -1, 2, 2}, Crop{0, 0, 0, 1}}) {
    EXPECT_THROW(resize_crop(image, crop, {2, 2}, false, planar), UsageError);
  }
  EXPECT_THROW(resize_crop(image, {0, 0, 4, 4}, {2, 3}, false, planar), UsageError);
  EXPECT_THROW(resize_crop(image, {0, 0, 4, 4}, {0, 4}, false, planar), UsageError);
}

TEST(Resample, WeightsOfEachOutputSumToOne) {
  FilterTaps taps;
  for (const auto& [inputs, outputs] : {std::pair{10, 4}, {4, 10}, {1, 3}, {500, 224}, {7, 7}}) {
    taps.set_bicubic(inputs, 0, inputs, outputs);
    const auto lines = taps.lines();
    for (int i = 0; i < outputs; ++i) {
      std::int64_t sum = 0;
      for (int t = 0; t < taps.count(i); ++t) {
        const int place = i * lines.pairs_per_row + t / 2;
        const auto part = [&](std::int32_t pair) {
          return static_cast<std::int16_t>(t % 2 == 0 ? pair & 0xFFFF : pair >> 16);
        };
        const int weight =
            part(lines.high[place]) * (1 << ops::kLowWeightBits) + part(lines.low[place]);
        EXPECT_EQ(weight, taps.row(i)[t]);
        sum += weight;
      }
      EXPECT_NEAR(static_cast<double>(sum), 1 << kWeightBits, taps.count(i));
      EXPECT_GE(taps.first(i), 0);
      EXPECT_LE(taps.first(i) + taps.count(i), inputs);
    }
  }
}

TEST(Resample, AStretchOfTheAxisIsWeightedLikeTheAxisItIsPartOf) {
  // The middle half of 20 pixels, to 5, has the taps of all 20 to 10, away from the ends.
  FilterTaps whole, middle;
  whole.set_bicubic(20, 0, 20, 10);
  middle.set_bicubic(20, 5, 15, 5);
  for (int i = 0; i < 5; ++i) {
    // Output i of the middle is centred on 5 + 2 · (i + ½); those of the whole on 2 · (k + ½).
    EXPECT_EQ(middle.count(i), 8);
    EXPECT_EQ(middle.first(i), 2 + 2 * i);
  }
  EXPECT_EQ(whole.count(5), 8);
}

}  // namespace
}  // namespace dbot::data
