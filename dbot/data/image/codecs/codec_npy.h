#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dbot/data/image/image_reader.h"

namespace dbot::data {

/// An array of NumPy (.npy): uint8, uint16, float32 or float64, of shape [height, width], [height,
/// width, channels], or [channels, height, width] where the last dimension is not the number of
/// channels that is wanted and the first is. See open_reader.
std::unique_ptr<ImageReader> open_npy(std::span<const std::uint8_t> bytes,
                                      const PixelFormat& format, std::string_view name);

}  // namespace dbot::data
