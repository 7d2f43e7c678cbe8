#pragma once

#include <cstddef>
#include <cstdint>

// Bilinear interpolation of interleaved RGB pixels, two taps along each direction: what clips are
// resized with (video/bilinear.h).
namespace dbot::data {

/// Of one output row or column: two inputs and the share of the second.
struct BilinearTaps {
  const std::int32_t* low;
  const std::int32_t* high;
  const float* share;
  std::size_t count;
};

/// Fills three planes [rows.count, columns.count] that lie `plane` bytes apart. `pixels`
/// is where row and column 0 of the taps lie; `first` and `last` are the columns that any tap
/// names; `line` has room for 3 · (last − first + 1) values. Sums are in single precision, rounded
/// to the nearest level.
void resize_bilinear_rgb(const std::uint8_t* pixels, std::ptrdiff_t step, const BilinearTaps& rows,
                         const BilinearTaps& columns, std::int32_t first, std::int32_t last,
                         float* line, std::uint8_t* result, std::size_t plane);

}  // namespace dbot::data
