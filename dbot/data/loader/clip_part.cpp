#include "dbot/data/loader/clip_part.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/data/augment/clip_pixels.h"
#include "dbot/data/augment/crop_rules.h"
#include "dbot/data/data_error.h"
#include "dbot/nn/backbone.h"

namespace dbot::data {
namespace {

constexpr std::int64_t kMostClips = 1000;  // of a video: a slip of the finger is more

std::size_t clip_bytes(const ClipPartConfig& config) {
  return static_cast<std::size_t>(3 * config.timing.frames * config.size.height *
                                  config.size.width);
}

ClipRequest drawn_clip(const ClipPartConfig& config, const VideoIndex& index,
                       const SampleDraws& draws, std::int64_t repeat) {
  core::Random random({.seed = draws.seed,
                       .purpose = core::Purpose::augmentation,
                       .stage = static_cast<std::uint32_t>(repeat),
                       .epoch = static_cast<std::uint32_t>(draws.epoch),
                       .sample = static_cast<std::uint64_t>(draws.sample)});
  const double length = clip_length(config.timing, index.rate);
  const double start = random_start(random.uniform(), index.frames, length);
  const auto [height, width] = upright_size(index);
  const Crop crop =
      random_crop(static_cast<int>(height), static_cast<int>(width), config.augmentation, random);
  const bool mirror = random.uniform() < config.augmentation.flip;
  return {clip_frames(start, length, config.timing.frames, index.frames),
          ResizeWindow::whole(crop, config.size), mirror, nullptr};
}

ClipRequest view_clip(const ClipPartConfig& config, const VideoIndex& index, std::int64_t number) {
  const double length = clip_length(config.timing, index.rate);
  const double start = view_start(number / config.side_views, config.time_views, index.frames,
                                  length, config.spacing);
  const int side = config.side_views == 1 ? 1 : static_cast<int>(number % config.side_views);
  const auto [height, width] = upright_size(index);
  return {clip_frames(start, length, config.timing.frames, index.frames),
          side_view(static_cast<int>(height), static_cast<int>(width), config.size.height, side),
          false, nullptr};
}

/// What the parts of all batches share.
class ClipSource {
 public:
  explicit ClipSource(ClipPartConfig config)
      : config_(std::move(config)), indices_(config_.limits, config_.index_folder) {}

  const ClipPartConfig& config() const { return config_; }

  void open_module() {
    const std::lock_guard lock(opening_);
    if (!module_) module_ = VideoModule::load();
  }

  /// Puts all clips of a video one behind the other.
  void fill(const Sample& sample, const SampleDraws& draws, std::uint8_t* clips) {
    const VideoPlace place = video_of(sample);
    auto index = indices_.of(module_, place, sample.name());
    if (decode(place, sample.name(), *index, draws, clips)) return;
    index = indices_.of_frames(module_, place, sample.name());
    if (decode(place, sample.name(), *index, draws, clips)) return;
    throw data_error(sample.name(), Fault::corrupt,
                     "has frames that come in one reading and not in the next");
  }

 private:
  bool decode(const VideoPlace& place, const std::string& name, const VideoIndex& index,
              const SampleDraws& draws, std::uint8_t* clips) const {
    auto requests = clip_requests(config_, index, draws);
    auto* next = clips;
    for (auto& request : requests) {
      request.clip = next;
      next += clip_bytes(config_);
    }
    if (!decode_clips(module_, place, name, index, config_.limits, requests)) return false;
    if (config_.augmented) augment(draws, clips);
    return true;
  }

  void augment(const SampleDraws& draws, std::uint8_t* clips) const {
    const auto& pixels = config_.augmentation.pixels;
    if (!pixels.any()) return;
    for (std::int64_t clip = 0; clip < config_.clips(); ++clip, clips += clip_bytes(config_)) {
      augment_clip({clips, config_.timing.frames, config_.size}, pixels,
                   {draws.seed, draws.epoch, draws.sample, static_cast<std::uint32_t>(clip)});
    }
  }

  const ClipPartConfig config_;
  VideoIndices indices_;
  std::mutex opening_;
  std::shared_ptr<const VideoModule> module_;
};

class ClipPart final : public BatchPart {
 public:
  ClipPart(std::shared_ptr<ClipSource> source, std::int64_t slots)
      : source_(std::move(source)),
        slot_bytes_(static_cast<std::size_t>(source_->config().clips()) *
                    clip_bytes(source_->config())),
        clips_(at::empty({slots * source_->config().clips(), 3, source_->config().timing.frames,
                          source_->config().size.height, source_->config().size.width},
                         at::TensorOptions().dtype(at::kByte))) {}

  void fill(std::int64_t slot, const Sample& sample, const SampleDraws& draws) override {
    source_->fill(sample, draws, place(slot));
  }
  void copy(std::int64_t from, std::int64_t to) override {
    std::memcpy(place(to), place(from), slot_bytes_);
  }
  void give(Batch& batch, std::int64_t slots) override {
    batch.tensors[nn::kClips] = clips_.narrow(0, 0, slots * source_->config().clips());
  }

 private:
  std::uint8_t* place(std::int64_t slot) const {
    return clips_.data_ptr<std::uint8_t>() + static_cast<std::size_t>(slot) * slot_bytes_;
  }

  const std::shared_ptr<ClipSource> source_;
  const std::size_t slot_bytes_;
  at::Tensor clips_;
};

void check(const ClipPartConfig& config) {
  const auto& [frames, stride, rate] = config.timing;
  if (frames < 1 || frames > kMostClips || !(stride > 0) || !std::isfinite(stride) ||
      !(rate >= 0) || !std::isfinite(rate)) {
    throw UsageError(
        fmt::format("[loader] a clip of {} frames with stride {} at {} frames a second, expected "
                    "1 to {} frames and positive numbers",
                    frames, stride, rate, kMostClips));
  }
  if (config.size.height <= 0 || config.size.width <= 0) {
    throw UsageError(fmt::format("[loader] clips of {}x{} pixels, expected positive numbers",
                                 config.size.height, config.size.width));
  }
  const bool views = config.time_views >= 1 && config.time_views <= kMostClips &&
                     (config.side_views == 1 || config.side_views == 3);
  if (config.repeats < 1 || config.repeats > kMostClips || !views) {
    throw UsageError(
        fmt::format("[loader] {} repeats, {} views along a video and {} along its longer side, "
                    "expected 1 to {}, 1 to {}, and 1 or 3",
                    config.repeats, config.time_views, config.side_views, kMostClips, kMostClips));
  }
  if (!config.augmented && config.size.height != config.size.width) {
    throw UsageError(fmt::format("[loader] views of {}x{} pixels, expected a square",
                                 config.size.height, config.size.width));
  }
  check_augmentation(config.augmentation, "data");
}

}  // namespace

std::vector<ClipRequest> clip_requests(const ClipPartConfig& config, const VideoIndex& index,
                                       const SampleDraws& draws) {
  std::vector<ClipRequest> requests;
  for (std::int64_t clip = 0; clip < config.clips(); ++clip) {
    requests.push_back(config.augmented ? drawn_clip(config, index, draws, clip)
                                        : view_clip(config, index, clip));
  }
  return requests;
}

BatchPartFactory clip_part(ClipPartConfig config) {
  check(config);
  const auto bytes = static_cast<std::int64_t>(clip_bytes(config)) * config.clips();
  const auto source = std::make_shared<ClipSource>(std::move(config));
  return {[source](std::int64_t slots) {
            source->open_module();
            return std::make_unique<ClipPart>(source, slots);
          },
          bytes};
}

}  // namespace dbot::data
