#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/data/video/video_reader.h"

namespace dbot::data {

/// Where decoding may begin.
struct KeyFrame {
  std::int64_t frame = 0;  // its number in the order of display
  std::int64_t seek = 0;   // VideoPacket::seek
  bool operator==(const KeyFrame&) const = default;
};

/// What a clip has to know of a video before it reads it. Frames are numbered in the order of
/// display, from 0.
struct VideoIndex {
  int height = 0, width = 0;  // as stored
  int orientation = 1;        // EXIF's 1…8
  double rate = 0;            // mean frames a second, as the container says
  double seconds = 0;         // from the first frame to behind the last
  std::int64_t frames = 0;
  std::string codec = {};
  bool probe = false;    // VideoFacts::probe
  bool decoded = false;  // made of decoded frames, not of packets alone
  /// When frames are shown: number `first + i · step`, or, where that does not hold, `times`; none
  /// where times do not tell frames apart: those are counted from the first one.
  bool counted = false;
  std::int64_t first = 0, step = 0;
  std::vector<std::int64_t> times = {};
  std::vector<KeyFrame> keys = {};  // ascending; empty where frames are counted

  std::int64_t time(std::int64_t frame) const {
    return times.empty() ? first + frame * step : times[static_cast<std::size_t>(frame)];
  }
  /// The last key frame at or before a frame; none in front of the first one.
  const KeyFrame* key_before(std::int64_t frame) const;
  std::int64_t memory_bytes() const;
  bool operator==(const VideoIndex&) const = default;
};

/// Reads the packets of a video once; where their times are not those of its frames, or if
/// `decoding` asks for it, decodes it all. Throws DataError naming the video: no video stream, no
/// frame, cut short, no frame rate, beyond the limits.
VideoIndex index_video(const std::shared_ptr<const VideoModule>& module, const VideoPlace& place,
                       const std::string& name, const VideoLimits& limits, bool decoding = false);

/// An index as text, for a file of a cache; it holds for that very place.
std::string pack_video_index(const VideoIndex& index, const VideoPlace& place);
/// The inverse. None if the text is damaged, of another version, or of another place or time.
std::optional<VideoIndex> unpack_video_index(std::string_view text, const VideoPlace& place);
/// The same of what stands in it behind its checksum.
std::optional<VideoIndex> parse_video_index(std::string_view json, const VideoPlace& place);

}  // namespace dbot::data
