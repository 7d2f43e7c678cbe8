// Every operation on pixels against Pillow's and torchvision's bytes.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "dbot/data/augment/blur.h"
#include "dbot/data/augment/enhance.h"
#include "dbot/data/augment/tones.h"
#include "dbot/data/augment/warp.h"
#include "dbot/data/image/codec.h"
#include "dbot/simd/kernel_level.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

using Operation = std::function<void(const PlanarImage&, double)>;

const Fill reference_fill{124, 116, 104};

std::map<std::string, Operation> operations() {
  const auto whole = [](auto operation) {
    return [operation](const PlanarImage& image, double amount) {
      operation(image, static_cast<int>(amount));
    };
  };
  const auto plain = [](auto operation) {
    return [operation](const PlanarImage& image, double) { operation(image); };
  };
  const auto filled = [](auto operation) {
    return [operation](const PlanarImage& image, double amount) {
      operation(image, amount, reference_fill);
    };
  };
  return {{"invert", plain(invert)},
          {"auto_contrast", plain(auto_contrast)},
          {"equalise", plain(equalise)},
          {"grey", plain(to_grey)},
          {"solarise", whole(solarise)},
          {"solarise_add", whole(solarise_add)},
          {"posterise", whole(posterise)},
          {"brightness", adjust_brightness},
          {"contrast", adjust_contrast},
          {"saturation", adjust_saturation},
          {"sharpness", adjust_sharpness},
          {"hue", adjust_hue},
          {"blur", gaussian_blur},
          {"shear_x", filled(shear_x)},
          {"shear_y", filled(shear_y)},
          {"translate_x", filled(translate_x)},
          {"translate_y", filled(translate_y)},
          {"rotate", filled(rotate)}};
}

/// The rectangle of an image, as planes.
std::vector<std::uint8_t> planes_of(const Image& image, const Crop& crop) {
  std::vector<std::uint8_t> planes;
  for (int c = 0; c < image.channels; ++c) {
    for (int y = crop.top; y < crop.top + crop.height; ++y) {
      for (int x = crop.left; x < crop.left + crop.width; ++x) {
        planes.push_back(
            image.pixels[(static_cast<std::size_t>(y) * image.width + x) * image.channels + c]);
      }
    }
  }
  return planes;
}

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
  std::string text;
  for (const auto byte : bytes) {
    text += "0123456789abcdef"[byte / 16];
    text += "0123456789abcdef"[byte % 16];
  }
  return text;
}

/// Once for each kind of vectors that this processor has.
class PixelBytes : public ::testing::TestWithParam<simd::KernelLevel> {
 protected:
  void SetUp() override { simd::use_kernel_level(GetParam()); }
  void TearDown() override { simd::use_kernel_level(simd::default_kernel_level()); }
};

TEST_P(PixelBytes, ArePillows) {
  const auto known = operations();
  const auto file = test::bytes_of(test::fixtures() / "pixels/scene.png");
  std::map<int, Image> scenes;
  for (const int channels : {1, 3}) scenes[channels] = decode_image(file, channels, "scene");
  int checked = 0;
  for (auto& row : test::table("pixels/operations.txt")) {
    std::string part, name, first;
    Crop crop;
    int channels = 0;
    double amount = 0;
    std::uint64_t hash = 0;
    row >> part >> crop.left >> crop.top >> crop.width >> crop.height >> channels >> name >>
        amount >> first >> std::hex >> hash;
    ASSERT_TRUE(row) << "row " << checked;
    auto planes = planes_of(scenes.at(channels), crop);
    known.at(name)({planes.data(), channels, crop.height, crop.width}, amount);
    EXPECT_EQ(test::fingerprint(planes), hash)
        << part << ", " << channels << " channels, " << name << ' ' << amount << ": begins with "
        << hexadecimal({planes.data(), std::min<std::size_t>(8, planes.size())}) << ", expected "
        << first;
    ++checked;
  }
  EXPECT_GT(checked, 500);
}

TEST_P(PixelBytes, OfEveryColourWithAnotherHueAreTorchvisions) {
  constexpr std::size_t colours = std::size_t{1} << 24;
  std::vector<std::uint8_t> planes(3 * colours);
  for (std::size_t i = 0; i < colours; ++i) {
    planes[i] = static_cast<std::uint8_t>(i >> 16);
    planes[colours + i] = static_cast<std::uint8_t>(i >> 8);
    planes[2 * colours + i] = static_cast<std::uint8_t>(i);
  }
  auto row = std::move(test::table("pixels/hue_of_all_colours.txt").at(0));
  double turns = 0;
  std::uint64_t expected = 0;
  row >> turns >> std::hex >> expected;
  adjust_hue({planes.data(), 3, 4096, 4096}, turns);
  std::uint64_t total = 0;
  for (std::size_t c = 0; c < 3; ++c) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < colours; ++i) {
      sum += planes[c * colours + i] * (i * 0x9E3779B97F4A7C15U + 1);
    }
    total = total * 31 + sum;
  }
  EXPECT_EQ(total, expected);
}

INSTANTIATE_TEST_SUITE_P(Levels, PixelBytes, ::testing::ValuesIn(simd::supported_kernel_levels()),
                         [](const auto& level) { return std::string(simd::name(level.param)); });

TEST(PixelOperations, NoBitsLeftIsBlack) {
  std::vector<std::uint8_t> pixels{0, 1, 127, 128, 255, 200};
  posterise({pixels.data(), 1, 2, 3}, 0);
  EXPECT_EQ(pixels, std::vector<std::uint8_t>(6));
}

TEST(PixelOperations, LeaveOtherNumbersOfChannelsTheirColours) {
  std::vector<std::uint8_t> pixels(5 * 4 * 3);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(7 * i);
  const auto before = pixels;
  const PlanarImage image{pixels.data(), 5, 4, 3};
  adjust_saturation(image, 0.3);
  adjust_hue(image, 0.3);
  to_grey(image);
  EXPECT_EQ(pixels, before);
  adjust_contrast(image, 0);
  EXPECT_EQ(pixels, std::vector<std::uint8_t>(pixels.size(), pixels[0]));
}

}  // namespace
}  // namespace dbot::data
