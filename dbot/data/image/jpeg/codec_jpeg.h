#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dbot/data/image/image_reader.h"

namespace dbot::data {

/// JPEG of grey, YCbCr, RGB, CMYK or YCCK colour. See open_reader.
std::unique_ptr<ImageReader> open_jpeg(std::span<const std::uint8_t> bytes,
                                       const PixelFormat& format, std::string_view name);

}  // namespace dbot::data
