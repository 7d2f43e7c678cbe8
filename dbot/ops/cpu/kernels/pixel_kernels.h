#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

// Inner loops over 8-bit pixels, for AVX2 and for any processor: integer arithmetic, so that all
// give the same bytes.
namespace dbot::ops {

/// Lines of pixels are handled in parts of so many bytes; lengths are multiples of it.
inline constexpr std::size_t kPixelLanes = 32;

/// Fractional bits of a tap's weight, split into two 16-bit factors: weight = high · 2^11 + low.
inline constexpr int kWeightBits = 32 - 8 - 2;  // 8 bits of pixel, 2 of overshoot
inline constexpr int kLowWeightBits = 11;

/// Output line i is the weighted sum of `count[i]` input lines from `first[i]` on. Its weights
/// stand in row i of `high` and `low`, two in each value: that of the even tap in the lower 16
/// bits.
struct LineTaps {
  int outputs = 0, pairs_per_row = 0;
  const std::int32_t *first = nullptr, *count = nullptr;
  const std::int32_t *high = nullptr, *low = nullptr;  // [outputs, pairs_per_row]
};

/// result + i · result_step = clamp(round(weighted sum)) of lines of `width` bytes that lie `step`
/// bytes apart; a negative `result_step` reverses the order of the lines. Equal to Pillow's sums.
void resample_lines(const LineTaps& taps, const std::uint8_t* lines, std::size_t step,
                    std::size_t width, std::uint8_t* result, std::ptrdiff_t result_step);

/// columns[x · kPixelLanes + r] = rows[r][x] for x = 0…length − 1; any length.
void turn_rows(const std::array<const std::uint8_t*, kPixelLanes>& rows, std::size_t length,
               std::uint8_t* columns);

/// The reverse for `length` columns, a multiple of 16: rows[r][x] = columns[x · kPixelLanes + r].
void turn_columns(const std::uint8_t* columns, std::size_t length,
                  const std::array<std::uint8_t*, kPixelLanes>& rows);

/// values[i] = pixels[i] · scale + shift in float32.
void scale_pixels(const std::uint8_t* pixels, std::size_t count, float scale, float shift,
                  float* values);

}  // namespace dbot::ops
