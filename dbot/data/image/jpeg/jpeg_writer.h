#pragma once

#include <cstdint>
#include <vector>

#include "dbot/data/image/image.h"

namespace dbot::data {

/// Encodes an image of 1 or 3 channels as a baseline JPEG with colour at half the size (4:2:0).
/// `quality` is libjpeg's, 1 to 100. Throws Error if libjpeg cannot, as beyond 65,500 pixels.
std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality);

}  // namespace dbot::data
