#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "dbot/data/image/image_reader.h"

namespace dbot::data {

/// Netpbm's binary PGM and PPM (P5, P6) of 8 or 16 bits, and PFM (Pf, PF) of floats. See
/// open_reader.
std::unique_ptr<ImageReader> open_pnm(std::span<const std::uint8_t> bytes,
                                      const PixelFormat& format, std::string_view name);

}  // namespace dbot::data
