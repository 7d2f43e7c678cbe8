#include "dbot/ops/cpu/kernels/pixel_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "dbot/core/random.h"
#include "dbot/simd/kernel_level.h"

namespace dbot::ops {
namespace {

std::vector<std::uint8_t> noise(std::size_t count) {
  core::Random random({.seed = 3, .sample = count});
  std::vector<std::uint8_t> bytes(count);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.next());
  return bytes;
}

/// Runs `check` with the kernels of every kind that this processor has.
template <typename Check>
void for_every_level(const Check& check) {
  for (const simd::KernelLevel level : simd::supported_kernel_levels()) {
    simd::use_kernel_level(level);
    SCOPED_TRACE(name(level));
    check();
  }
  simd::use_kernel_level(simd::default_kernel_level());
}

/// Weights of one output line, as whole numbers and split for the kernels.
struct Line {
  std::vector<std::int32_t> weights, high, low;

  explicit Line(std::vector<std::int32_t> given) : weights(std::move(given)) {
    auto padded = weights;
    padded.resize((padded.size() + 1) / 2 * 2);
    for (std::size_t i = 0; i < padded.size(); i += 2) {
      const auto pair = [&](auto part) {
        return static_cast<std::int32_t>((part(padded[i]) & 0xFFFF) | part(padded[i + 1]) << 16);
      };
      high.push_back(
          pair([](std::int32_t w) { return static_cast<std::uint32_t>(w >> kLowWeightBits); }));
      low.push_back(pair([](std::int32_t w) {
        return static_cast<std::uint32_t>(w & ((1 << kLowWeightBits) - 1));
      }));
    }
  }
};

TEST(PixelKernels, EveryLevelSumsLinesExactlyAndClamps) {
  constexpr int one = 1 << kWeightBits;
  const std::size_t width = 3 * kPixelLanes;
  const auto lines = noise(width * 9);
  for (const auto& weights : std::vector<std::vector<std::int32_t>>{
           {one},
           {-one / 9, one + 2 * one / 9, -one / 9},
           {-300000, 1234567, one - 934567 - 77, 77},
           {one / 9, one / 9, one / 9, one / 9, one / 9, one / 9, one / 9, one / 9, one / 9}}) {
    const Line line(weights);
    const std::int32_t first = 0, count = static_cast<std::int32_t>(weights.size());
    const LineTaps taps{
        1, static_cast<int>(line.high.size()), &first, &count, line.high.data(), line.low.data()};
    for_every_level([&] {
      std::vector<std::uint8_t> result(width);
      resample_lines(taps, lines.data(), width, width, result.data(), 0);
      for (std::size_t x = 0; x < width; ++x) {
        std::int64_t sum = one / 2;
        for (int t = 0; t < count; ++t) sum += std::int64_t{weights[t]} * lines[t * width + x];
        ASSERT_EQ(result[x], std::clamp<std::int64_t>(sum >> kWeightBits, 0, 255)) << x;
      }
    });
  }
}

TEST(PixelKernels, ANegativeStepReversesTheLines) {
  const Line line({1 << kWeightBits});
  const std::vector<std::int32_t> first{0, 1, 2}, count{1, 1, 1};
  std::vector<std::int32_t> high(3, line.high[0]), low(3, line.low[0]);
  const auto lines = noise(3 * kPixelLanes);
  const LineTaps taps{3, 1, first.data(), count.data(), high.data(), low.data()};
  std::vector<std::uint8_t> result(lines.size());
  const auto step = static_cast<std::ptrdiff_t>(kPixelLanes);
  resample_lines(taps, lines.data(), kPixelLanes, kPixelLanes, result.data() + 2 * step, -step);
  for (std::size_t line_of = 0; line_of < 3; ++line_of) {
    EXPECT_TRUE(std::equal(lines.begin() + line_of * step, lines.begin() + (line_of + 1) * step,
                           result.begin() + (2 - line_of) * step));
  }
}

TEST(PixelKernels, EveryLevelTurnsRowsIntoColumnsAndBack) {
  for (const std::size_t length : {1U, 15U, 16U, 48U, 61U}) {
    const auto pixels = noise(kPixelLanes * length);
    std::array<const std::uint8_t*, kPixelLanes> rows;
    for (std::size_t r = 0; r < kPixelLanes; ++r) rows[r] = pixels.data() + r * length;
    for_every_level([&] {
      std::vector<std::uint8_t> columns(pixels.size());
      turn_rows(rows, length, columns.data());
      for (std::size_t x = 0; x < length; ++x) {
        for (std::size_t r = 0; r < kPixelLanes; ++r) {
          ASSERT_EQ(columns[x * kPixelLanes + r], rows[r][x]) << x << ' ' << r;
        }
      }
      if (length % 16 != 0) return;
      std::vector<std::uint8_t> back(pixels.size());
      std::array<std::uint8_t*, kPixelLanes> targets;
      for (std::size_t r = 0; r < kPixelLanes; ++r) targets[r] = back.data() + r * length;
      turn_columns(columns.data(), length, targets);
      EXPECT_EQ(back, pixels);
    });
  }
}

TEST(PixelKernels, EveryLevelScalesPixels) {
  for (const std::size_t count : {1U, 7U, 16U, 45U}) {
    const auto pixels = noise(count);
    for_every_level([&] {
      std::vector<float> values(count, -1);
      scale_pixels(pixels.data(), count, 0.017F, -2.1F, values.data());
      for (std::size_t i = 0; i < count; ++i) {
        EXPECT_NEAR(values[i], pixels[i] * 0.017F - 2.1F, 1e-6) << i;
      }
    });
  }
}

}  // namespace
}  // namespace dbot::ops
