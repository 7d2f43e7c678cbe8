#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dbot::data {

/// 8-bit pixels of one image that lie somewhere, as planes: [channels, height, width].
struct PlanarImage {
  std::uint8_t* pixels = nullptr;
  int channels = 0, height = 0, width = 0;

  std::size_t plane_bytes() const {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  }
  std::size_t bytes() const { return static_cast<std::size_t>(channels) * plane_bytes(); }
  std::span<std::uint8_t> all() const { return {pixels, bytes()}; }
  std::uint8_t* plane(int channel) const {
    return pixels + static_cast<std::size_t>(channel) * plane_bytes();
  }
  bool colour() const { return channels == 3; }
};

/// Images of one size: one image, or the frames of a clip.
using Frames = std::span<const PlanarImage>;

}  // namespace dbot::data
