#pragma once

#include <cstddef>
#include <cstdint>

// Inner loops of colour over planes of 8-bit pixels: plain loops that are compiled once for each
// instruction set. No product is fused with a sum, so that all give the same bytes: Pillow's.
namespace dbot::data {

/// pixels = base + factor · (pixels − base) in float32, cut off and clamped to 0…255 (Pillow's
/// `Image.blend`), with one base for all.
void blend_from_value(int base, float factor, std::size_t count, std::uint8_t* pixels);
/// The same with a base for each pixel.
void blend_from(const std::uint8_t* base, float factor, std::size_t count, std::uint8_t* pixels);

/// ITU-R 601-2 luma of RGB, 16-bit fixed point, rounded.
void luma_of_planes(const std::uint8_t* red, const std::uint8_t* green, const std::uint8_t* blue,
                    std::size_t count, std::uint8_t* luma);
std::uint64_t sum_of_pixels(const std::uint8_t* pixels, std::size_t count);

/// Adds `shift` to the hue of RGB, of which a full turn is 256. In between, hue, saturation and
/// value are 8-bit numbers, as in Pillow's mode HSV.
void turn_hue(std::uint8_t shift, std::size_t count, std::uint8_t* red, std::uint8_t* green,
              std::uint8_t* blue);

/// result[x] = (sum of the 3 × 3 pixels around [x] + 4 · here[x]) / 13, rounded, for
/// x = 1…width − 2: Pillow's filter SMOOTH.
void smooth_line(const std::uint8_t* above, const std::uint8_t* here, const std::uint8_t* below,
                 std::size_t width, std::uint8_t* result);

}  // namespace dbot::data
