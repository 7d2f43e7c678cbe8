#include "dbot/data/video/video_reader.h"

#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/data_error.h"

namespace dbot::data {
namespace {

runtime::ModuleFile module_file() {
  return {.file = "libdbot_video.so", .package = "dbot-video", .purpose = "reading videos"};
}

}  // namespace

void check_video_limits(const VideoLimits& limits) {
  if (limits.most_pixels > 0 && limits.most_frames > 0 && limits.most_seconds > 0) return;
  throw UsageError(
      fmt::format("[video] the limits are {} pixels, {} frames and {} seconds, expected positive "
                  "numbers",
                  limits.most_pixels, limits.most_frames, limits.most_seconds));
}

VideoModule::VideoModule(runtime::OptionalModule module) : module_(std::move(module)) {
  using Factory = const VideoTable* (*)();
  table_ = reinterpret_cast<Factory>(module_.symbol(kVideoTableSymbol))();
  if (table_->version == kVideoTableVersion) return;
  module_.refuse(fmt::format("is of version {}, expected {}", table_->version, kVideoTableVersion));
}

std::shared_ptr<const VideoModule> VideoModule::load() {
  return std::shared_ptr<const VideoModule>(
      new VideoModule(runtime::OptionalModule(module_file())));
}

VideoReader::VideoReader(std::shared_ptr<const VideoModule> module, const VideoPlace& place,
                         std::string name, const VideoLimits& limits, bool probe)
    : module_(std::move(module)), name_(std::move(name)) {
  const VideoTable& table = module_->table();
  const VideoBytes bytes{place.path.c_str(), place.offset, place.bytes};
  const VideoBounds bounds{limits.most_pixels, limits.most_seconds};
  void* video = table.open(&bytes, &bounds, probe ? 1 : 0, &facts_, &failure_);
  done(video == nullptr ? -1 : 1);
  video_ = {video, table.close};
}

bool VideoReader::done(int code) {
  if (code >= 0) return code > 0;
  throw data_error(name_, static_cast<Fault>(failure_.fault), failure_.reason);
}

bool VideoReader::next_packet(VideoPacket& packet) {
  return done(module_->table().next_packet(video_.get(), &packet, &failure_));
}

void VideoReader::begin(const VideoPlan& plan) {
  done(module_->table().begin(video_.get(), &plan, &failure_));
}

bool VideoReader::next_frame(std::int64_t& wanted) {
  return done(module_->table().next_frame(video_.get(), &wanted, &failure_));
}

VideoReader::Rows VideoReader::rows(int top, int count) {
  Rows rows{};
  done(module_->table().rows(video_.get(), top, count, &rows.first, &rows.step, &failure_));
  return rows;
}

}  // namespace dbot::data
