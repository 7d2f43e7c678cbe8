#include "dbot/data/video/video_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/data/data_error.h"

namespace dbot::data {
namespace {

/// The packets of a video, as far as frames come of them.
struct Packets {
  std::vector<std::int64_t> times;                          // ascending
  std::vector<std::pair<std::int64_t, std::int64_t>> keys;  // time and place to look for
  std::int64_t count = 0;
  bool plain = true;  // each packet is a frame, and its time tells which
};

Packets read_packets(VideoReader& reader, const std::string& name, const VideoLimits& limits) {
  Packets packets;
  VideoPacket packet{};
  while (reader.next_packet(packet)) {
    if (++packets.count > limits.most_frames) {
      throw data_error(name, Fault::too_large,
                       fmt::format("has more than {} frames", limits.most_frames));
    }
    packets.plain &= packet.timed != 0;
    // What stands in front of the first key frame, or is shown before it, cannot be decoded.
    if (packet.key == 0 && packets.keys.empty()) continue;
    if (packet.timed == 0) continue;
    if (packet.key != 0) packets.keys.emplace_back(packet.time, packet.seek);
    if (packet.shown != 0 && packet.time >= packets.keys.front().first) {
      packets.times.push_back(packet.time);
    }
  }
  std::ranges::sort(packets.times);
  packets.plain &= std::ranges::adjacent_find(packets.times) == packets.times.end();
  const auto promised = reader.facts().promised;
  if (packets.count < promised) {
    throw data_error(name, Fault::truncated,
                     fmt::format("ends behind {} of {} frames", packets.count, promised));
  }
  if (packets.count == 0) throw data_error(name, Fault::empty, "has no frame");
  return packets;
}

/// The times of all frames in the order that the decoder gives them.
std::vector<std::int64_t> decode_times(VideoReader& reader, const std::string& name,
                                       const VideoLimits& limits) {
  std::vector<std::int64_t> times;
  reader.begin({.wanted = nullptr,
                .count = 0,
                .counted = 1,
                .from_start = 1,
                .seek = 0,
                .height = 0,
                .width = 0});
  std::int64_t time = 0;
  while (reader.next_frame(time)) {
    times.push_back(time);
    if (static_cast<std::int64_t>(times.size()) > limits.most_frames) {
      throw data_error(name, Fault::too_large,
                       fmt::format("has more than {} frames", limits.most_frames));
    }
  }
  return times;
}

/// Puts ascending times into the index, as a rule where one holds.
void put_times(VideoIndex& index, std::vector<std::int64_t> times) {
  index.first = times.front();
  index.step = times.size() > 1 ? times[1] - times[0] : 1;
  bool even = true;
  for (std::size_t i = 1; i < times.size() && even; ++i) {
    even = times[i] - times[i - 1] == index.step;
  }
  if (even) return;
  index.step = 0;
  index.times = std::move(times);
}

/// Key frames that are frames of the index.
void put_keys(VideoIndex& index, const Packets& packets) {
  auto keys = packets.keys;
  std::ranges::sort(keys);
  std::int64_t frame = 0;
  for (const auto& [time, seek] : keys) {
    while (frame < index.frames && index.time(frame) < time) ++frame;
    if (frame < index.frames && index.time(frame) == time &&
        (index.keys.empty() || index.keys.back().frame != frame)) {
      index.keys.push_back({frame, seek});
    }
  }
}

double rate_of(const VideoFacts& facts, const VideoIndex& index) {
  const auto ratio = [](std::int64_t above, std::int64_t below) {
    return static_cast<double>(above) / static_cast<double>(below);
  };
  if (facts.rate_numerator > 0 && facts.rate_denominator > 0) {
    return ratio(facts.rate_numerator, facts.rate_denominator);
  }
  if (index.counted || index.frames < 2 || facts.unit_numerator <= 0) return 0;
  const auto units = index.time(index.frames - 1) - index.time(0);
  return static_cast<double>(index.frames - 1) /
         (static_cast<double>(units) * ratio(facts.unit_numerator, facts.unit_denominator));
}

}  // namespace

const KeyFrame* VideoIndex::key_before(std::int64_t frame) const {
  const auto behind = std::ranges::upper_bound(keys, frame, {}, &KeyFrame::frame);
  return behind == keys.begin() ? nullptr : &*(behind - 1);
}

std::int64_t VideoIndex::memory_bytes() const {
  return static_cast<std::int64_t>(sizeof *this + codec.size() + times.size() * sizeof(times[0]) +
                                   keys.size() * sizeof(keys[0]));
}

VideoIndex index_video(const std::shared_ptr<const VideoModule>& module, const VideoPlace& place,
                       const std::string& name, const VideoLimits& limits, bool decoding) {
  VideoReader reader(module, place, name, limits, /*probe=*/true);
  const VideoFacts& facts = reader.facts();
  const auto packets = read_packets(reader, name, limits);
  VideoIndex index{.height = facts.height,
                   .width = facts.width,
                   .orientation = facts.orientation,
                   .codec = facts.codec,
                   .probe = facts.probe != 0};
  // Packets of VP8 may hold frames that are never shown.
  index.decoded = decoding || !packets.plain || packets.times.empty() || index.codec == "vp8";
  auto times = index.decoded ? decode_times(reader, name, limits) : packets.times;
  if (times.empty()) throw data_error(name, Fault::empty, "has no frame that can be decoded");
  index.frames = static_cast<std::int64_t>(times.size());
  index.counted =
      !packets.plain || std::ranges::adjacent_find(times, std::greater_equal<>()) != times.end();
  if (!index.counted) {
    put_times(index, std::move(times));
    put_keys(index, packets);
  }
  index.rate = rate_of(facts, index);
  if (!(index.rate > 0)) {
    throw data_error(name, Fault::corrupt, "has a frame rate of 0, and no times to measure it by");
  }
  index.seconds = static_cast<double>(index.frames) / index.rate;
  return index;
}

}  // namespace dbot::data
