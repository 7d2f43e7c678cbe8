#include "dbot/ops/cpu/kernels/pixel_kernels_plain.h"

#include <algorithm>

namespace dbot::ops::plain {
namespace {

/// The weight of one tap from its two factors in `high` and `low`.
std::int32_t weight_of(std::int32_t high, std::int32_t low, int tap) {
  const int shift = tap % 2 * 16;
  return static_cast<std::int16_t>(high >> shift) * (1 << kLowWeightBits) +
         static_cast<std::int16_t>(low >> shift);
}

}  // namespace

void resample_lines(const LineTaps& taps, const std::uint8_t* lines, std::size_t step,
                    std::size_t width, std::uint8_t* result, std::ptrdiff_t result_step) {
  for (int i = 0; i < taps.outputs; ++i, result += result_step) {
    const auto row = static_cast<std::size_t>(i) * static_cast<std::size_t>(taps.pairs_per_row);
    const auto* first = lines + static_cast<std::size_t>(taps.first[i]) * step;
    for (std::size_t begin = 0; begin < width; begin += kPixelLanes) {
      std::array<std::int32_t, kPixelLanes> sums;
      sums.fill(1 << (kWeightBits - 1));
      for (int t = 0; t < taps.count[i]; ++t) {
        const auto place = row + static_cast<std::size_t>(t) / 2;
        const auto weight = weight_of(taps.high[place], taps.low[place], t);
        const auto* line = first + static_cast<std::size_t>(t) * step + begin;
        for (std::size_t l = 0; l < kPixelLanes; ++l) sums[l] += line[l] * weight;
      }
      for (std::size_t l = 0; l < kPixelLanes; ++l) {
        result[begin + l] = static_cast<std::uint8_t>(std::clamp(sums[l] >> kWeightBits, 0, 255));
      }
    }
  }
}

void turn_rows(const std::array<const std::uint8_t*, kPixelLanes>& rows, std::size_t length,
               std::uint8_t* columns) {
  for (std::size_t x = 0; x < length; ++x) {
    for (std::size_t r = 0; r < kPixelLanes; ++r) columns[x * kPixelLanes + r] = rows[r][x];
  }
}

void turn_columns(const std::uint8_t* columns, std::size_t length,
                  const std::array<std::uint8_t*, kPixelLanes>& rows) {
  for (std::size_t x = 0; x < length; ++x) {
    for (std::size_t r = 0; r < kPixelLanes; ++r) rows[r][x] = columns[x * kPixelLanes + r];
  }
}

void scale_pixels(const std::uint8_t* pixels, std::size_t count, float scale, float shift,
                  float* values) {
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(pixels[i]) * scale + shift;
}

}  // namespace dbot::ops::plain
