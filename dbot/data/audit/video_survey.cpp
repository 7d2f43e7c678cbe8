#include "dbot/data/audit/video_survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "dbot/data/data_error.h"
#include "dbot/data/sources/in_parallel.h"

namespace dbot::data {
namespace {

/// Decodes a video to its end. Throws DataError where that is not what its index says.
void decode_all(const std::shared_ptr<const VideoModule>& module, const VideoPlace& place,
                const std::string& name, const VideoIndex& index, const VideoLimits& limits) {
  VideoReader reader(module, place, name, limits, index.probe);
  reader.begin({.wanted = nullptr,
                .count = 0,
                .counted = 1,
                .from_start = 1,
                .seek = 0,
                .height = index.height,
                .width = index.width});
  std::int64_t frames = 0, time = 0;
  while (reader.next_frame(time)) ++frames;
  if (frames >= index.frames) return;
  throw data_error(name, Fault::corrupt,
                   fmt::format("gives {} of its {} frames", frames, index.frames));
}

}  // namespace

std::vector<VideoRecord> survey_videos(const Dataset& videos, const VideoSurveyConfig& config,
                                       const std::function<void(std::int64_t, std::int64_t)>& tell,
                                       const core::StopRequest& stop) {
  const auto module = VideoModule::load();
  VideoIndices indices(config.limits, config.index_folder);
  std::vector<VideoRecord> records(static_cast<std::size_t>(videos.size()));
  std::mutex telling;
  std::int64_t seen = 0, broken = 0;
  in_parallel(records.size(), config.workers, [&](std::size_t i) {
    if (stop.requested()) return;
    const auto number = static_cast<std::int64_t>(i);
    VideoRecord& record = records[i];
    record.file = videos.key(number);
    try {
      Sample sample;
      videos.read(number, sample);
      const VideoPlace place = video_of(sample);
      record.bytes = place.bytes;
      record.index = *indices.of(module, place, sample.name());
      if (config.decode) decode_all(module, place, sample.name(), record.index, config.limits);
    } catch (const DataError& error) {
      record.fault = error.fault();
      record.reason = reason_of(error, videos.name(number));
    }
    const std::lock_guard lock(telling);
    broken += record.broken() ? 1 : 0;
    tell(++seen, broken);
  });
  if (stop.requested()) throw Stopped("[data] stopped on request while videos were looked at");
  return records;
}

}  // namespace dbot::data
