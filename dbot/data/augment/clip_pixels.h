#pragma once

#include <cstdint>

#include "dbot/core/settings/settings.h"
#include "dbot/data/augment/augment.h"

namespace dbot::data {

/// 8-bit RGB pixels of a clip that lie somewhere: [3, frames, height, width].
struct ClipPixels {
  std::uint8_t* pixels = nullptr;
  std::int64_t frames = 0;
  core::Size size = {};
};

/// `augment_frames` of all frames of the clip.
void augment_clip(const ClipPixels& clip, const PixelAugmentation& config, const PixelDraws& draws);

}  // namespace dbot::data
