#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dbot/data/image/image_reader.h"

namespace dbot::data {

/// PNG of any colour type and depth: palettes are looked up, 16 bits cut to the upper 8, alpha is
/// dropped, gamma ignored. See open_reader.
std::unique_ptr<ImageReader> open_png(std::span<const std::uint8_t> bytes,
                                      const PixelFormat& format, std::string_view name);

}  // namespace dbot::data
