#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "dbot/data/video/video_index.h"

namespace dbot::data {

/// $XDG_CACHE_HOME/dbot/videos, or ~/.cache/dbot/videos; empty with DBOT_INDEX=off or without a
/// home.
std::filesystem::path default_video_index_folder();

/// The indices of videos: made when one is first asked for, kept in memory and, as one small file a
/// video, in a folder. Such a file is never needed; it holds as long as the video keeps its path,
/// size and time. For several threads at once.
class VideoIndices {
 public:
  /// `folder` may be empty: nothing is kept on disk.
  VideoIndices(VideoLimits limits, std::filesystem::path folder);

  /// Throws as `index_video`.
  std::shared_ptr<const VideoIndex> of(const std::shared_ptr<const VideoModule>& module,
                                       const VideoPlace& place, const std::string& name);
  /// The same where an index of packets turned out not to be that of the frames. The index as it is
  /// where it was made by decoding already.
  std::shared_ptr<const VideoIndex> of_frames(const std::shared_ptr<const VideoModule>& module,
                                              const VideoPlace& place, const std::string& name);
  const VideoLimits& limits() const { return limits_; }

 private:
  struct Known {
    VideoPlace place;
    std::shared_ptr<const VideoIndex> index;
  };
  std::shared_ptr<const VideoIndex> in_memory(const VideoPlace& place, const std::string& key);
  std::shared_ptr<const VideoIndex> keep(VideoIndex index, const VideoPlace& place,
                                         const std::string& key, bool write);
  std::filesystem::path file_of(const std::string& key) const;

  const VideoLimits limits_;
  const std::filesystem::path folder_;
  std::mutex mutex_;
  std::unordered_map<std::string, Known> known_;
  std::int64_t bytes_ = 0;
};

}  // namespace dbot::data
