// The text of an index: a line that names the version, the checksum of the rest, and JSON.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "dbot/core/files/files.h"
#include "dbot/core/json.h"
#include "dbot/data/video/video_index.h"

namespace dbot::data {
namespace {

constexpr std::string_view kVersionLine = "dbot video index 1\n";
constexpr std::size_t kChecksumDigits = 32;

std::string checksum_of(std::string_view text) {
  return core::checksum(std::as_bytes(std::span(text)));
}

nlohmann::json place_json(const VideoPlace& place) {
  return {place.path, place.offset, place.bytes, place.modified};
}

/// Whether the time of each frame is a number of 64 bits.
bool is_within_bounds(const VideoIndex& index) {
  std::int64_t length = 0, last = 0;
  return !__builtin_mul_overflow(index.frames, index.step, &length) &&
         !__builtin_add_overflow(index.first, length, &last);
}

/// Whether numbers of frames can be looked up in it.
bool is_sound(const VideoIndex& index) {
  const auto ascends = [](const auto& list, auto member) {
    return std::ranges::adjacent_find(list, std::greater_equal<>(), member) == list.end();
  };
  const bool timed = index.times.empty()
                         ? index.step > 0
                         : static_cast<std::int64_t>(index.times.size()) == index.frames;
  const bool keyed = std::ranges::all_of(
      index.keys, [&](const KeyFrame& key) { return key.frame >= 0 && key.frame < index.frames; });
  const bool turned = index.orientation >= 1 && index.orientation <= 8;
  return index.height > 0 && index.width > 0 && turned && index.frames > 0 &&
         std::isfinite(index.rate) && index.rate > 0 && (index.counted || timed) &&
         is_within_bounds(index) && keyed &&
         ascends(index.times, [](std::int64_t time) { return time; }) &&
         ascends(index.keys, &KeyFrame::frame);
}

/// Numbers beyond 32 bits become 0, which no index has.
int side(const nlohmann::json& value) {
  const std::int64_t number = core::whole_number(value);
  return std::in_range<int>(number) ? static_cast<int>(number) : 0;
}

VideoIndex index_of_json(const nlohmann::json& json) {
  VideoIndex index;
  index.height = side(json.at("height"));
  index.width = side(json.at("width"));
  index.orientation = side(json.at("orientation"));
  json.at("rate").get_to(index.rate);
  json.at("seconds").get_to(index.seconds);
  index.frames = core::whole_number(json.at("frames"));
  json.at("codec").get_to(index.codec);
  json.at("probe").get_to(index.probe);
  json.at("decoded").get_to(index.decoded);
  json.at("counted").get_to(index.counted);
  index.first = core::whole_number(json.at("first"));
  index.step = core::whole_number(json.at("step"));
  for (const auto& time : json.at("times")) index.times.push_back(core::whole_number(time));
  for (const auto& key : json.at("keys")) {
    index.keys.push_back({core::whole_number(key.at(0)), core::whole_number(key.at(1))});
  }
  return index;
}

}  // namespace

std::string pack_video_index(const VideoIndex& index, const VideoPlace& place) {
  nlohmann::json json{{"place", place_json(place)},
                      {"height", index.height},
                      {"width", index.width},
                      {"orientation", index.orientation},
                      {"rate", index.rate},
                      {"seconds", index.seconds},
                      {"frames", index.frames},
                      {"codec", index.codec},
                      {"probe", index.probe},
                      {"decoded", index.decoded},
                      {"counted", index.counted},
                      {"first", index.first},
                      {"step", index.step},
                      {"times", index.times},
                      {"keys", nlohmann::json::array()}};
  for (const auto& key : index.keys) json["keys"].push_back({key.frame, key.seek});
  // A path need not be UTF-8.
  const std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return std::string(kVersionLine) + checksum_of(text) + text;
}

std::optional<VideoIndex> unpack_video_index(std::string_view text, const VideoPlace& place) {
  if (!text.starts_with(kVersionLine)) return std::nullopt;
  text.remove_prefix(kVersionLine.size());
  const auto stored = text.substr(0, kChecksumDigits);
  text.remove_prefix(stored.size());
  return checksum_of(text) == stored ? parse_video_index(text, place) : std::nullopt;
}

std::optional<VideoIndex> parse_video_index(std::string_view text, const VideoPlace& place) try {
  const auto json = core::parse_json(text);
  // Of paths that differ in what is no UTF-8 the file's name tells more.
  const auto same = nlohmann::json::parse(
      place_json(place).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  if (json.at("place") != same) return std::nullopt;
  auto index = index_of_json(json);
  return is_sound(index) ? std::optional(std::move(index)) : std::nullopt;
} catch (const std::exception&) {
  return std::nullopt;  // whatever is wrong with it: the video itself is there
}

}  // namespace dbot::data
