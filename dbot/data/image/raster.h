#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "dbot/data/image/image_reader.h"
#include "dbot/data/image/pixel_values.h"

namespace dbot::data {

/// Pixels that lie uncompressed in a file: value (y, x, channel) begins at
/// first + y · row_step + x · pixel_step + channel · channel_step.
struct Raster {
  int height = 0, width = 0, channels = 1;
  PixelValueType type;
  std::ptrdiff_t first = 0, row_step = 0, pixel_step = 0, channel_step = 0;
  bool may_have_alpha = true;  // a second or fourth channel is alpha; else two and four are bands
};

/// A reader of such pixels. `bytes` is what the places count in. Throws DataError if the raster is
/// not inside it or does not have a number of channels that can be given as `format` wants.
std::unique_ptr<ImageReader> read_raster(std::span<const std::uint8_t> bytes, const Raster& raster,
                                         const PixelFormat& format, std::string_view name);

/// The same of pixels that were unpacked and belong to the reader: 8 bits, interleaved.
std::unique_ptr<ImageReader> read_unpacked(std::vector<std::uint8_t> pixels, int height, int width,
                                           int stored_channels, const Orientation& orientation,
                                           const PixelFormat& format, std::string_view name);

}  // namespace dbot::data
