#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "dbot/core/settings/settings.h"

namespace dbot::data {

/// A rectangle of an image, pixels.
struct Crop {
  int top = 0, left = 0, height = 0, width = 0;
  bool operator==(const Crop&) const = default;
};

/// A crop, to be mirrored or not after resizing.
struct CropChoice {
  Crop crop;
  bool mirror = false;
};

/// Chooses the part of an image once its size is known.
using ChooseCrop = std::function<CropChoice(int height, int width)>;

/// A crop that is wanted of an image: planar [channels, size.height, size.width], as by
/// `resize_crop`.
struct CropRequest {
  ChooseCrop choose;
  core::Size size;
  std::span<std::uint8_t> planar;
};

}  // namespace dbot::data
