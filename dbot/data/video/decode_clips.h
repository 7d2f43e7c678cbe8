#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dbot/data/video/bilinear.h"
#include "dbot/data/video/video_indices.h"

namespace dbot::data {

/// A clip that is wanted of a video.
struct ClipRequest {
  std::vector<std::int64_t> frames;  // numbers in the order of display, ascending; may repeat
  ResizeWindow window;               // of the upright frame
  bool mirror = false;
  /// uint8 [3, frames, window.size.height, window.size.width]. Null: its frames are decoded and let
  /// go, to see how long that takes.
  std::uint8_t* clip = nullptr;
};

/// What a video looks like when it is shown.
core::Size upright_size(const VideoIndex& index);

/// Fills the clips; no frame is decoded twice, and none that neither they nor another wanted frame
/// need. Frames are RGB, as FFmpeg's libswscale converts them (bilinear). False where the index
/// names a frame that the decoder does not give. Throws DataError naming the video for damage.
bool decode_clips(const std::shared_ptr<const VideoModule>& module, const VideoPlace& place,
                  const std::string& name, const VideoIndex& index, const VideoLimits& limits,
                  std::span<const ClipRequest> requests);

}  // namespace dbot::data
