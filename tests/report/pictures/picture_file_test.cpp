#include "dbot/report/pictures/set/picture_file.h"

#include <gtest/gtest.h>

#include <cmath>

#include "dbot/core/error.h"
#include "dbot/data/image/codec.h"
#include "dbot/report/pictures/set/webp_write.h"

namespace dbot::report {
namespace {

/// Smooth shades with the fine noise of a camera: large as PNG.
data::Image photograph(int side) {
  data::Image image{side, side, 3, {}};
  std::uint32_t noise = 1;
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        noise = noise * 1664525 + 1013904223;
        const double shade = 128 + 80 * std::sin(0.03 * x + channel) * std::cos(0.05 * y);
        image.pixels.push_back(static_cast<std::uint8_t>(shade + (noise >> 29)));
      }
    }
  }
  return image;
}

data::Image decoded_file(const PictureFile& file) {
  return data::decode_image(
      {reinterpret_cast<const std::uint8_t*>(file.bytes.data()), file.bytes.size()}, 3, "a");
}

double mean_error(const data::Image& a, const data::Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
  return sum / static_cast<double>(a.pixels.size());
}

TEST(PictureFile, PhotographsBecomeWebpThatLooksTheSame) {
  const data::Image image = photograph(256);
  const PictureFile file = encode_picture(image);
  EXPECT_EQ(file.kind.ending, ".webp");
  EXPECT_EQ(picture_kind(file.bytes)->type, "image/webp");
  EXPECT_LT(file.bytes.size(), image.pixels.size() / 10);
  const data::Image read = decoded_file(file);
  ASSERT_EQ(read.height, 256);
  EXPECT_LT(mean_error(read, image), 4);
  EXPECT_EQ(encode_picture(image).bytes, file.bytes);
}

TEST(PictureFile, DrawnPicturesStayPngPixelForPixel) {
  data::Image squares{256, 256, 3, {}};
  for (int i = 0; i < 256 * 256 * 3; ++i) {
    const int x = i / 3 % 256, y = i / 3 / 256;
    squares.pixels.push_back(
        static_cast<std::uint8_t>((x / 32 * 37 + y / 32 * 91 + i % 3 * 50) % 256));
  }
  const PictureFile file = encode_picture(squares);
  EXPECT_EQ(file.kind.ending, ".png");
  EXPECT_EQ(decoded_file(file).pixels, squares.pixels);
}

TEST(PictureFile, SmallAndGreyPicturesStayPng) {
  const data::Image small = photograph(48);
  EXPECT_EQ(encode_picture(small).kind.ending, ".png");
  data::Image grey{300, 300, 1, std::vector<std::uint8_t>(90000)};
  for (std::size_t i = 0; i < grey.pixels.size(); ++i) {
    grey.pixels[i] = static_cast<std::uint8_t>(i * i % 251);
  }
  EXPECT_EQ(encode_picture(grey).kind.ending, ".png");
}

TEST(PictureFile, KindsAreToldByTheirFirstBytes) {
  EXPECT_EQ(picture_kind("\xff\xd8\xff\xe0")->ending, ".jpg");
  for (const char* other : {"", "RIFF", "RIFF....WAVE", "<svg", "GIF89a", "\x89PN"}) {
    EXPECT_FALSE(picture_kind(other)) << other;
  }
  EXPECT_TRUE(has_picture_ending("a.webp"));
  EXPECT_FALSE(has_picture_ending("a.svg"));
}

TEST(WebpWrite, RefusesImagesThatAreNone) {
  EXPECT_THROW(encode_webp({0, 4, 3, {}}, 80), Error);
  EXPECT_THROW(encode_webp({2, 2, 1, {1, 2, 3, 4}}, 80), Error);
  EXPECT_THROW(encode_webp({2, 2, 3, std::vector<std::uint8_t>(11)}, 80), Error);
  EXPECT_THROW(encode_webp({1, 16384, 3, std::vector<std::uint8_t>(3 * 16384)}, 80), Error);
}

}  // namespace
}  // namespace dbot::report
