#include "dbot/tools/bench/video_bench.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <vector>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/data/data_error.h"
#include "dbot/data/loader/loader.h"

namespace dbot::tools {
namespace {

void time_pass(const std::shared_ptr<const data::Dataset>& videos, const VideoBenchConfig& config,
               const core::Log& log, const std::function<bool()>& stopping, VideoBench& bench) {
  data::Loader loader(videos, {data::clip_part(config.clip)}, config.loader, log);
  const auto consume = [&] { return loader.next()->tensors.at(nn::kClips).size(0); };
  consume();
  const core::Stopwatch watch;
  while (bench.clips < config.clips && !stopping()) bench.clips += consume();
  bench.seconds = watch.seconds();
}

/// The seconds that all clips of a video take, with or without their pixels.
double time_clips(const std::shared_ptr<const data::VideoModule>& module,
                  const data::VideoPlace& place, const std::string& name,
                  const data::VideoIndex& index, const data::VideoLimits& limits,
                  const std::vector<data::ClipRequest>& requests) {
  const core::Stopwatch watch;
  data::decode_clips(module, place, name, index, limits, requests);
  return watch.seconds();
}

void time_stages(const data::Dataset& videos, const VideoBenchConfig& config,
                 const std::function<bool()>& stopping, VideoBench& bench) {
  const auto module = data::VideoModule::load();
  const auto& limits = config.clip.limits;
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(
      3 * config.clip.timing.frames * config.clip.size.height * config.clip.size.width));
  std::int64_t timed = 0;
  const auto count = std::min(videos.size(), config.videos_for_stages);
  data::Sample sample;
  for (std::int64_t i = 0; i < count && !stopping(); ++i) try {
      videos.read(i * videos.size() / count, sample);
      const auto place = data::video_of(sample);
      const core::Stopwatch watch;
      const auto index = data::index_video(module, place, sample.name(), limits);
      const double indexed = watch.seconds();
      auto requests = data::clip_requests(config.clip, index, {config.loader.seed, 0, i});
      const double decode = time_clips(module, place, sample.name(), index, limits, requests);
      for (auto& request : requests) request.clip = pixels.data();
      const double all = time_clips(module, place, sample.name(), index, limits, requests);
      bench.index += indexed;
      bench.decode += decode;
      bench.resize += std::max(0.0, all - decode);
      ++timed;
    } catch (const DataError&) {  // a broken one; the pass has named it
    }
  if (timed == 0) {
    throw DataError({.operation = "data bench",
                     .fault = Fault::unreadable,
                     .reason = "none of the first videos can be read"});
  }
  const auto clips = static_cast<double>(timed * config.clip.clips());
  bench.index /= static_cast<double>(timed);
  bench.decode /= clips;
  bench.resize /= clips;
}

}  // namespace

VideoBench measure_videos(const std::shared_ptr<const data::Dataset>& videos,
                          const VideoBenchConfig& config, const core::Log& log,
                          const std::function<bool()>& stopping) {
  VideoBench bench;
  time_pass(videos, config, log, stopping, bench);
  time_stages(*videos, config, stopping, bench);
  return bench;
}

}  // namespace dbot::tools
