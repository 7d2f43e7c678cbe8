#include "dbot/report/pictures/canvas.h"

#include <gtest/gtest.h>

#include <vector>

namespace dbot::report {
namespace {

std::vector<int> pixel(const data::Image& image, int y, int x) {
  const auto at = static_cast<std::size_t>(y) * image.row_bytes() + static_cast<std::size_t>(3 * x);
  return {image.pixels[at], image.pixels[at + 1], image.pixels[at + 2]};
}

data::Image four_colours() {
  return {2, 2, 3, {10, 0, 0, 0, 20, 0, 0, 0, 30, 40, 40, 40}};
}

TEST(Canvas, SmallImagesAreEnlargedInSharpSquares) {
  EXPECT_EQ(shown_size({32, 32}), (core::Size{128, 128}));
  EXPECT_EQ(shown_size({28, 14}), (core::Size{112, 56}));
  EXPECT_EQ(shown_size({224, 224}), (core::Size{192, 192}));
  EXPECT_EQ(shown_size({512, 1024}), (core::Size{96, 192}));
  const data::Image large = resized(four_colours(), {6, 8});
  EXPECT_EQ(pixel(large, 2, 3), (std::vector{10, 0, 0}));
  EXPECT_EQ(pixel(large, 2, 4), (std::vector{0, 20, 0}));
  EXPECT_EQ(pixel(large, 3, 3), (std::vector{0, 0, 30}));
  EXPECT_EQ(pixel(large, 5, 7), (std::vector{40, 40, 40}));
}

TEST(Canvas, StripsHaveWhiteLinesBetweenTiles) {
  const data::Image image = strip(std::vector{four_colours(), four_colours()});
  EXPECT_EQ(image.height, 2);
  EXPECT_EQ(image.width, 8);
  EXPECT_EQ(pixel(image, 1, 1), (std::vector{40, 40, 40}));
  EXPECT_EQ(pixel(image, 1, 2), (std::vector{255, 255, 255}));
  EXPECT_EQ(pixel(image, 0, 6), (std::vector{10, 0, 0}));
}

TEST(Canvas, StacksHaveWhiteLinesBetweenRows) {
  const data::Image image = stack(std::vector{four_colours(), four_colours()});
  EXPECT_EQ(image.height, 8);
  EXPECT_EQ(image.width, 2);
  EXPECT_EQ(pixel(image, 1, 0), (std::vector{0, 0, 30}));
  EXPECT_EQ(pixel(image, 2, 1), (std::vector{255, 255, 255}));
  EXPECT_EQ(pixel(image, 6, 0), (std::vector{10, 0, 0}));
}

TEST(Canvas, AnAtlasGoesRowByRow) {
  std::vector<data::Image> tiles;
  for (std::uint8_t i = 0; i < 5; ++i) tiles.push_back(plain_image({2, 2}, {i, i, i}));
  const data::Image image = atlas(tiles, 3);
  EXPECT_EQ(image.height, 4);
  EXPECT_EQ(image.width, 6);
  EXPECT_EQ(pixel(image, 3, 3), (std::vector{4, 4, 4}));
  EXPECT_EQ(pixel(image, 3, 4), (std::vector{255, 255, 255}));
}

TEST(Canvas, ThumbnailsAreTheCentralSquare) {
  data::Image wide = plain_image({4, 12}, {0, 0, 255});
  for (int y = 0; y < 4; ++y) {
    for (int x = 4; x < 8; ++x) wide.pixels[static_cast<std::size_t>(36 * y + 3 * x)] = 200;
  }
  const data::Image small = thumbnail(wide, 2);
  EXPECT_EQ(pixel(small, 0, 0), (std::vector{200, 0, 255}));
  EXPECT_EQ(pixel(small, 1, 1), (std::vector{200, 0, 255}));
}

TEST(Canvas, HeatRisesInLightness) {
  double before = -1;
  for (int i = 0; i <= 100; ++i) {
    const Colour colour = heat(i / 100.0);
    const double luma = 0.299 * colour.red + 0.587 * colour.green + 0.114 * colour.blue;
    EXPECT_GT(luma, before) << i;
    before = luma;
  }
  EXPECT_EQ(heat(-3).red, heat(0).red);
  EXPECT_EQ(heat(9).green, heat(1).green);
}

TEST(Canvas, GreyBecomesRgb) {
  EXPECT_EQ(as_rgb({1, 2, 1, {5, 9}}).pixels, (std::vector<std::uint8_t>{5, 5, 5, 9, 9, 9}));
}

}  // namespace
}  // namespace dbot::report
