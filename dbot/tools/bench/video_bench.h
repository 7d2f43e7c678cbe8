#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "dbot/core/log.h"
#include "dbot/data/dataset.h"
#include "dbot/data/loader/clip_part.h"
#include "dbot/data/loader/loader_config.h"

namespace dbot::tools {

struct VideoBenchConfig {
  data::LoaderConfig loader;
  data::ClipPartConfig clip;
  std::int64_t clips = 500;             // of the pass, at least
  std::int64_t videos_for_stages = 50;  // whose clips are taken apart
};

/// How fast clips come, and what decoding them costs.
struct VideoBench {
  std::int64_t clips = 0;
  double seconds = 0;             // of the pass
  double index = 0;               // seconds of one thread for a video
  double decode = 0, resize = 0;  // for a clip
  double clips_per_second() const { return static_cast<double>(clips) / seconds; }
  double decoding_share() const { return decode / (decode + resize); }
};

/// Loads batches of clips, from the second one on, as training does; then takes clips of some
/// videos apart, in one thread. Throws DataError where none of those can be read.
VideoBench measure_videos(const std::shared_ptr<const data::Dataset>& videos,
                          const VideoBenchConfig& config, const core::Log& log,
                          const std::function<bool()>& stopping);

}  // namespace dbot::tools
