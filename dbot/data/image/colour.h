#pragma once

#include <cstddef>
#include <cstdint>

// Conversions of interleaved 8-bit pixels, equal to Pillow's. `count` is in pixels.
namespace dbot::data {

/// ITU-R 601-2 luma of RGB, 16-bit fixed point, rounded.
void luma_from_rgb(const std::uint8_t* rgb, std::size_t count, std::uint8_t* luma);

/// RGB of CMYK as JPEG files store it (Adobe: 255 is no ink).
void rgb_from_inverted_cmyk(const std::uint8_t* cmyk, std::size_t count, std::uint8_t* rgb);

}  // namespace dbot::data
