#include "dbot/exchange/video/clip_description.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/error_context.h"
#include "dbot/exchange/description_reader.h"

namespace dbot::exchange {
namespace {

constexpr const char* kClipKey = "clip";
constexpr std::array kClipPositions{"sincos", "learned", "separable"};
constexpr std::int64_t kMostClipFrames = 1 << 12;
constexpr double kMostFramesPerSecond = 1000;

}  // namespace

EncoderDescription frame_description(const ClipDescription& description) {
  return {.config = description.config.encoder,
          .mean = description.mean,
          .std = description.std,
          .value_range = description.value_range,
          .origins = description.origins,
          .head = description.head};
}

std::string to_json(const ClipDescription& description) {
  const nn::ClipConfig& config = description.config;
  auto object = nlohmann::ordered_json::parse(to_json(frame_description(description)));
  object[kClipKey] = {{"frames", config.frames},
                      {"stride", config.stride},
                      {"tubelet", config.tubelet},
                      {"positions", kClipPositions.at(static_cast<std::size_t>(config.positions))},
                      {"attention_bias", config.attention_bias}};
  if (config.frames_per_second > 0) {
    object[kClipKey]["frames_per_second"] = config.frames_per_second;
  }
  return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool describes_clips(std::string_view text) {
  try {
    return description_object(text, {}).contains(kClipKey);
  } catch (const DataError&) {
    return false;  // whoever reads it says so
  }
}

ClipDescription clip_from_json(std::string_view text, std::string_view source) {
  EncoderDescription encoder = description_from_json(text, source);
  const nlohmann::json object = description_object(text, source);
  const DescriptionReader reader(object, source);
  const auto clip = reader.below(kClipKey);
  if (!clip) reader.fail(kClipKey, object, "an object that describes clips");
  ClipDescription description{.config = {},
                              .mean = std::move(encoder.mean),
                              .std = std::move(encoder.std),
                              .value_range = std::move(encoder.value_range),
                              .origins = std::move(encoder.origins),
                              .head = std::move(encoder.head)};
  nn::ClipConfig& config = description.config;
  config.encoder = encoder.config;
  config.frames = clip->integer("frames", 1, kMostClipFrames);
  if (clip->has("stride")) {  // older files have the usual frames
    const char* rate = "frames_per_second";
    config.stride = clip->positive("stride", kMostClipFrames);
    config.frames_per_second = clip->has(rate) ? clip->positive(rate, kMostFramesPerSecond) : 0;
  }
  config.tubelet = clip->integer("tubelet", 1, kMostClipFrames);
  config.positions = static_cast<nn::ClipPositions>(clip->word("positions", kClipPositions));
  config.attention_bias = clip->truth("attention_bias", true);
  // One frame a step, whatever the network that was trained predicted.
  config.predicted_frames = config.tubelet > 0 ? config.frames / config.tubelet : 1;
  try {
    nn::check(config);
  } catch (const UsageError& error) {
    throw data_error_about("encoder description", std::string(source), error);
  }
  return description;
}

}  // namespace dbot::exchange
