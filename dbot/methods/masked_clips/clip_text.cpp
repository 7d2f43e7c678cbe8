#include "dbot/methods/masked_clips/clip_text.h"

#include <fmt/format.h>

namespace dbot::methods {

std::string clip_text(const nn::ClipConfig& network, std::int64_t repeats) {
  const std::string rate = network.frames_per_second > 0
                               ? fmt::format(" of {:g} a second", network.frames_per_second)
                               : std::string();
  return fmt::format("{} of each video, {} frames at steps of {:g}{}", repeats, network.frames,
                     network.stride, rate);
}

}  // namespace dbot::methods
