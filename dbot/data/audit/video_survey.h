#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/data/video/video_indices.h"

namespace dbot::data {

/// What was seen of one video.
struct VideoRecord {
  std::string file;         // its key in the data set
  Fault fault = {};         // of a broken one
  std::string reason = {};  // empty: it is sound
  VideoIndex index = {};    // of a sound one
  std::uint64_t bytes = 0;  // of the file, as far as it can be asked
  bool broken() const { return !reason.empty(); }
};

struct VideoSurveyConfig {
  int workers = 1;
  bool decode = false;  // every frame; otherwise packets tell what they tell
  VideoLimits limits = {};
  std::filesystem::path index_folder = default_video_index_folder();
};

/// Looks at every video of a set (sources/content.h); `tell` hears how many were seen and how many
/// of them are broken, from any thread, one call at a time. Throws Stopped on request, Error where
/// the module that reads videos is missing.
std::vector<VideoRecord> survey_videos(const Dataset& videos, const VideoSurveyConfig& config,
                                       const std::function<void(std::int64_t, std::int64_t)>& tell,
                                       const core::StopRequest& stop);

}  // namespace dbot::data
