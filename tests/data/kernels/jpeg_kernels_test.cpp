#include "dbot/data/kernels/jpeg_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "dbot/core/random.h"
#include "dbot/data/kernels/jpeg_kernels_plain.h"
#include "dbot/simd/kernel_level.h"

namespace dbot::data {
namespace {

using Block = std::array<std::int16_t, 64>;

/// Dequantised coefficients as of an image: large ones at low frequencies.
Block block(std::uint64_t seed, double size) {
  core::Random random({.seed = 2, .sample = seed});
  Block coefficients{};
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    const std::size_t frequency = i / 8 + i % 8;
    const double value = random.uniform(-size, size) / static_cast<double>(1 + frequency);
    coefficients[i] = static_cast<std::int16_t>(value);
  }
  return coefficients;
}

/// T.81, A.3.3, as it is written there, of the `frequencies` lowest ones along each side.
double exact_pixel(const Block& coefficients, double y, double x, std::size_t frequencies) {
  const auto wave = [](std::size_t frequency, double place) {
    const auto turns = static_cast<double>(frequency);
    return (frequency == 0 ? std::sqrt(0.5) : 1) / 2 *
           std::cos((2 * place + 1) * turns * std::numbers::pi / 16);
  };
  double sum = 0;
  for (std::size_t v = 0; v < frequencies; ++v) {
    for (std::size_t u = 0; u < frequencies; ++u) {
      sum += coefficients[8 * v + u] * wave(u, x) * wave(v, y);
    }
  }
  return std::clamp(sum + 128, 0.0, 255.0);
}

/// `transform` gives kSide × kSide pixels of as many frequencies, each in the middle of those that
/// it stands for.
template <std::size_t kSide, typename Transform>
void expect_cosine_transform(Transform transform) {
  const auto middle = [](std::size_t pixel) {
    return 8.0 / kSide * (static_cast<double>(pixel) + 0.5) - 0.5;
  };
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto coefficients = block(seed, 900);
    auto given = coefficients;
    std::array<std::uint8_t, kSide * kSide> pixels{};
    transform(given.data(), pixels.data(), kSide);
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      const double expected =
          exact_pixel(coefficients, middle(i / kSide), middle(i % kSide), kSide);
      EXPECT_NEAR(pixels[i], expected, 1.01);
    }
    EXPECT_EQ(given, Block{});  // ready for the next block
  }
}

TEST(JpegKernels, TheTransformIsTheCosineTransform) {
  expect_cosine_transform<8>(inverse_dct);
}

TEST(JpegKernels, HalfTheSizeIsTheLowFrequenciesBetweenPixels) {
  expect_cosine_transform<4>(inverse_dct_half);
}

TEST(JpegKernels, EveryLevelTransformsAlike) {
  for (const simd::KernelLevel level : simd::supported_kernel_levels()) {
    simd::use_kernel_level(level);
    SCOPED_TRACE(name(level));
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      auto one = block(seed, 40.0 * static_cast<double>(seed)), two = one;
      std::vector<std::uint8_t> pixels(std::size_t{8} * 20, 7), expected = pixels;
      inverse_dct(one.data(), pixels.data(), 20);
      plain::inverse_dct(two.data(), expected.data(), 20);
      ASSERT_EQ(pixels, expected) << seed;
      one = two = block(seed, 40.0 * static_cast<double>(seed));
      inverse_dct_half(one.data(), pixels.data(), 20);
      plain::inverse_dct_half(two.data(), expected.data(), 20);
      ASSERT_EQ(pixels, expected) << seed << ", half the size";
    }
  }
  simd::use_kernel_level(simd::default_kernel_level());
}

TEST(JpegKernels, EveryLevelMakesTheSameColours) {
  std::vector<std::uint8_t> planes[3];
  for (int y = 0; y < 256; y += 5) {
    for (int cb = 0; cb < 256; cb += 15) {
      for (int cr = 0; cr < 256; cr += 15) {
        planes[0].push_back(static_cast<std::uint8_t>(y));
        planes[1].push_back(static_cast<std::uint8_t>(cb));
        planes[2].push_back(static_cast<std::uint8_t>(cr));
      }
    }
  }
  const std::size_t count = planes[0].size() - 3;  // not a multiple of a vector's length
  std::vector<std::uint8_t> expected[3] = {planes[0], planes[1], planes[2]};
  plain::rgb_from_ycc(expected[0].data(), expected[1].data(), expected[2].data(), count);
  for (std::size_t i = 0; i < count; ++i) {
    const double y = planes[0][i], cb = planes[1][i] - 128.0, cr = planes[2][i] - 128.0;
    ASSERT_NEAR(expected[0][i], std::clamp(y + 1.402 * cr, 0.0, 255.0), 0.51);
    ASSERT_NEAR(expected[1][i], std::clamp(y - 0.344136 * cb - 0.714136 * cr, 0.0, 255.0), 0.52);
    ASSERT_NEAR(expected[2][i], std::clamp(y + 1.772 * cb, 0.0, 255.0), 0.51);
  }
  for (const simd::KernelLevel level : simd::supported_kernel_levels()) {
    simd::use_kernel_level(level);
    SCOPED_TRACE(name(level));
    auto r = planes[0], g = planes[1], b = planes[2];
    rgb_from_ycc(r.data(), g.data(), b.data(), count);
    EXPECT_EQ(r, expected[0]);
    EXPECT_EQ(g, expected[1]);
    EXPECT_EQ(b, expected[2]);
  }
  simd::use_kernel_level(simd::default_kernel_level());
}

}  // namespace
}  // namespace dbot::data
