#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

// Pictures sheared, moved and turned: one plain loop that is compiled once for each instruction
// set. No product is fused with a sum, so that all give the same bytes: Pillow's.
namespace dbot::data {

/// Where a pixel of the result comes from: column = m0·x + m1·y + m2, row = m3·x + m4·y + m5, all
/// counted from the corner of a picture, so that the first pixel's centre is at (0.5, 0.5).
using AffineMap = std::array<double, 6>;

/// Fills `result` with the bicubic interpolation of `source` (factor −1, not antialiased, borders
/// repeated); both are planar [channels, height, width]. What comes from outside is left as it is.
void warp_affine(const AffineMap& map, const std::uint8_t* source, int channels, int height,
                 int width, std::uint8_t* result);

}  // namespace dbot::data
