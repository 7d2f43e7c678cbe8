#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "dbot/core/settings/settings.h"
#include "dbot/data/video/module/video_table.h"
#include "dbot/data/video/video_place.h"
#include "dbot/runtime/optional_module.h"

namespace dbot::data {

/// What a video may ask for; one beyond it is a bad sample.
struct VideoLimits {
  std::int64_t most_pixels = std::int64_t{1} << 25;  // of a frame: 8K
  std::int64_t most_frames = 1'000'000;
  double most_seconds = 60;  // to index a video, or to decode the clips of one sample
};

/// Throws UsageError unless all are positive.
void check_video_limits(const VideoLimits& limits);

/// libdbot_video.so, opened; used by any number of threads.
class VideoModule {
 public:
  /// Throws Error, naming the package dbot-video, where it is missing or of another version.
  static std::shared_ptr<const VideoModule> load();

  const VideoTable& table() const { return *table_; }

 private:
  explicit VideoModule(runtime::OptionalModule module);

  runtime::OptionalModule module_;
  const VideoTable* table_;
};

/// A video that is being read by one thread. Every function throws DataError naming the video.
class VideoReader {
 public:
  /// `probe`: looks into the stream for what the container does not say.
  VideoReader(std::shared_ptr<const VideoModule> module, const VideoPlace& place, std::string name,
              const VideoLimits& limits, bool probe);

  const VideoFacts& facts() const { return facts_; }
  /// False at the end.
  bool next_packet(VideoPacket& packet);
  /// `plan.wanted` is borrowed until the last frame.
  void begin(const VideoPlan& plan);
  /// False where no more of the wanted frames come.
  bool next_frame(std::int64_t& wanted);

  struct Rows {
    const std::uint8_t* first;  // interleaved RGB
    std::ptrdiff_t step;        // bytes from row to row
  };
  /// Rows of the present frame, until the next call.
  Rows rows(int top, int count);

 private:
  /// What a function of the table returned; throws for −1.
  bool done(int code);

  std::shared_ptr<const VideoModule> module_;
  std::string name_;
  VideoFacts facts_{};
  VideoFailure failure_{};
  std::unique_ptr<void, std::function<void(void*)>> video_;
};

}  // namespace dbot::data
