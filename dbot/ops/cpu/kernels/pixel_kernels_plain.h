#pragma once

#include "dbot/ops/cpu/kernels/pixel_kernels.h"

// The kernels of pixel_kernels.h for any processor, and what the others are checked against.
namespace dbot::ops::plain {

void resample_lines(const LineTaps& taps, const std::uint8_t* lines, std::size_t step,
                    std::size_t width, std::uint8_t* result, std::ptrdiff_t result_step);
void turn_rows(const std::array<const std::uint8_t*, kPixelLanes>& rows, std::size_t length,
               std::uint8_t* columns);
void turn_columns(const std::uint8_t* columns, std::size_t length,
                  const std::array<std::uint8_t*, kPixelLanes>& rows);
void scale_pixels(const std::uint8_t* pixels, std::size_t count, float scale, float shift,
                  float* values);

}  // namespace dbot::ops::plain
