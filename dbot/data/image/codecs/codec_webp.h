#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dbot/data/image/image_reader.h"

namespace dbot::data {

/// WebP, lossy or lossless; of an animation the first picture. Alpha is dropped. See open_reader.
std::unique_ptr<ImageReader> open_webp(std::span<const std::uint8_t> bytes,
                                       const PixelFormat& format, std::string_view name);

}  // namespace dbot::data
