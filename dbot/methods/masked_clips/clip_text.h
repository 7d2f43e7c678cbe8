#pragma once

#include <cstdint>
#include <string>

#include "dbot/nn/clip/config.h"

namespace dbot::methods {

/// "4 of each video, 16 frames at steps of 4 of 30 a second".
std::string clip_text(const nn::ClipConfig& network, std::int64_t repeats);

}  // namespace dbot::methods
