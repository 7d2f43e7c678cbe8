#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dbot/data/image/value_range.h"

namespace dbot::data {

/// More channels than that no image has.
inline constexpr int kMostChannels = 64;

/// The pixels that a network reads: 1 channel is luma, 3 are RGB, other numbers are those of the
/// file. A number alone stands for so many channels.
struct PixelFormat {
  PixelFormat(int wanted_channels, ValueRange range = {})  // NOLINT(google-explicit-constructor)
      : channels(wanted_channels), values(range) {}
  int channels;
  ValueRange values;
};

/// 8-bit pixels, interleaved: [height, width, channels].
struct Image {
  int height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> pixels;
  SeenValues values = {};  // of the file, where it has more than 8 bits

  std::size_t row_bytes() const { return static_cast<std::size_t>(width) * channels; }
};

}  // namespace dbot::data
