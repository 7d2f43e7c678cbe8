#include "dbot/data/augment/clip_pixels.h"

#include <algorithm>
#include <vector>

#include "dbot/data/scratch.h"

namespace dbot::data {
namespace {

constexpr std::size_t kColours = 3;

/// Operations want the planes of an image one behind the other: [frames, 3, …] of [3, frames, …],
/// or back.
void swap_first_two(const std::uint8_t* from, std::size_t first, std::size_t second,
                    std::size_t plane, std::uint8_t* to) {
  for (std::size_t i = 0; i < first; ++i) {
    for (std::size_t k = 0; k < second; ++k) {
      std::copy_n(from + (i * second + k) * plane, plane, to + (k * first + i) * plane);
    }
  }
}

}  // namespace

void augment_clip(const ClipPixels& clip, const PixelAugmentation& config,
                  const PixelDraws& draws) {
  thread_local std::vector<std::uint8_t> memory;  // serves the next clip
  thread_local std::vector<PlanarImage> frames;
  const auto count = static_cast<std::size_t>(clip.frames);
  const auto plane = static_cast<std::size_t>(clip.size.height * clip.size.width);
  auto* pixels = room(memory, count * kColours * plane);
  swap_first_two(clip.pixels, kColours, count, plane, pixels);
  frames.clear();
  frames.reserve(count);
  for (std::size_t frame = 0; frame < count; ++frame) {
    frames.push_back({pixels + frame * kColours * plane, static_cast<int>(kColours),
                      static_cast<int>(clip.size.height), static_cast<int>(clip.size.width)});
  }
  augment_frames(frames, config, draws);
  swap_first_two(pixels, count, kColours, plane, clip.pixels);
}

}  // namespace dbot::data
