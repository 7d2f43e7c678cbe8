#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dbot/data/image.h"

namespace dbot::data {

/// JPEG of grey, YCbCr, RGB, CMYK or YCCK colour. See decode_image.
Image decode_jpeg(std::span<const std::uint8_t> bytes, int channels, std::string_view name);

}  // namespace dbot::data
