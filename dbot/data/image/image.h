#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dbot::data {

/// 8-bit pixels, interleaved: [height, width, channels], 1 (grey) or 3 (RGB) channels.
struct Image {
  int height = 0, width = 0, channels = 0;
  std::vector<std::uint8_t> pixels;

  std::size_t row_bytes() const { return static_cast<std::size_t>(width) * channels; }
};

}  // namespace dbot::data
