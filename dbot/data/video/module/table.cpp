// The module's only symbol, and the border at which exceptions become values.
#include <algorithm>
#include <exception>

extern "C" {
#include <libavutil/log.h>
}

#include "dbot/data/video/module/open_video.h"
#include "dbot/data/video/module/video_table.h"

namespace dbot::data::video_module {
namespace {

void put(VideoFailure& failure, Fault fault, const std::string& reason) {
  failure.fault = static_cast<int>(fault);
  const auto length = std::min(reason.size(), sizeof failure.reason - 1);
  std::copy_n(reason.data(), length, failure.reason);
  failure.reason[length] = '\0';
}

/// What `act` returns, or `otherwise` with the failure filled.
template <typename Result, typename Act>
Result guarded(VideoFailure* failure, Result otherwise, const Act& act) try {
  return act();
} catch (const Broken& broken) {
  put(*failure, broken.fault, broken.reason);
  return otherwise;
} catch (const std::exception& error) {
  put(*failure, Fault::other, error.what());
  return otherwise;
}

OpenVideo& video_of(void* video) {
  return *static_cast<OpenVideo*>(video);
}

void* open(const VideoBytes* bytes, const VideoBounds* bounds, int probe, VideoFacts* facts,
           VideoFailure* failure) {
  return guarded<void*>(failure, nullptr, [&] {
    auto video = std::make_unique<OpenVideo>(*bytes, *bounds, probe != 0);
    *facts = video->facts();
    return video.release();
  });
}

void close(void* video) {
  delete &video_of(video);
}

int next_packet(void* video, VideoPacket* packet, VideoFailure* failure) {
  return guarded(failure, -1, [&] { return video_of(video).next_packet(*packet) ? 1 : 0; });
}

int begin(void* video, const VideoPlan* plan, VideoFailure* failure) {
  return guarded(failure, -1, [&] {
    video_of(video).begin(*plan);
    return 1;
  });
}

int next_frame(void* video, std::int64_t* wanted, VideoFailure* failure) {
  return guarded(failure, -1, [&] { return video_of(video).next_frame(*wanted) ? 1 : 0; });
}

int rows(void* video, int top, int count, const std::uint8_t** first, std::ptrdiff_t* step,
         VideoFailure* failure) {
  return guarded(failure, -1, [&] {
    video_of(video).rows(top, count, first, step);
    return 1;
  });
}

// FFmpeg has one log for the process: what is wrong with a video is in its error.
void say_nothing(void*, int, const char*, va_list) {}

constexpr VideoTable kTable{.version = kVideoTableVersion,
                            .open = open,
                            .close = close,
                            .next_packet = next_packet,
                            .begin = begin,
                            .next_frame = next_frame,
                            .rows = rows};

}  // namespace
}  // namespace dbot::data::video_module

extern "C" __attribute__((visibility("default"))) const dbot::data::VideoTable* dbot_video_table() {
  av_log_set_callback(dbot::data::video_module::say_nothing);
  return &dbot::data::video_module::kTable;
}
