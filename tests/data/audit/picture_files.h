#pragma once

#include <cstdint>
#include <vector>

#include "dbot/data/image/image.h"

// Image files as tests want them.
namespace dbot::test {

/// A baseline JPEG; `exif_orientation` 0: without EXIF. `progressive` in several scans.
std::vector<std::uint8_t> jpeg_of(const data::Image& image, int quality = 90,
                                  int exif_orientation = 0, bool progressive = false);

/// A PNG of 8 bits.
std::vector<std::uint8_t> png_of(const data::Image& image);

/// Smooth areas, edges and some noise, another for each `seed`: 3 channels.
data::Image scene(int height, int width, std::uint64_t seed);

data::Image with_size(const data::Image& image, int height, int width);
data::Image brighter(const data::Image& image, int levels);
data::Image mirrored(const data::Image& image);
data::Image grey_of(const data::Image& image);
data::Image one_colour(int height, int width, std::uint8_t level);

}  // namespace dbot::test
