#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dbot/data/image/image_reader.h"

namespace dbot::data {

/// BMP without compression: palettes of 1, 4 and 8 bits, 24 and 32 bits in the usual order of
/// bytes. See open_reader.
std::unique_ptr<ImageReader> open_bmp(std::span<const std::uint8_t> bytes,
                                      const PixelFormat& format, std::string_view name);

}  // namespace dbot::data
