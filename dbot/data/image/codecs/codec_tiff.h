#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dbot/data/image/image_reader.h"

namespace dbot::data {

/// The first page of a TIFF. Values of 8 or 16 bits and floats are taken as they are, any number
/// of channels; palettes, fewer bits, YCbCr, CMYK and the like as libtiff turns them into RGB. See
/// open_reader.
std::unique_ptr<ImageReader> open_tiff(std::span<const std::uint8_t> bytes,
                                       const PixelFormat& format, std::string_view name);

}  // namespace dbot::data
