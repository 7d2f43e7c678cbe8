#pragma once

#include <cstdint>
#include <string>

#include "dbot/core/settings/settings.h"
#include "dbot/nn/clip/config.h"

// Recipe keys of all systems that read clips, and their checks.
namespace dbot::methods {

// The upper bounds only keep slips of the finger from asking for absurd amounts of memory.
constexpr double kMostFrames = 1024, kMostRepeats = 1000;

/// The first weights: drawn, those of an MAE-ST, or those of an encoder of images
/// (exchange/video/inflated_encoder.h).
enum class ClipStart { random, file, image };

/// [model], for a network of clips.
void bind_clip_network(core::Settings& settings, nn::ClipConfig& network);
/// [start].
void bind_clip_start(core::Settings& settings, ClipStart& start, std::string& path);
/// [clips]: which frames of a video a clip has, and how many clips a step takes of it.
void bind_clip_frames(core::Settings& settings, nn::ClipConfig& network, std::int64_t& repeats);

/// Throws UsageError unless the sizes fit each other and are those of videos.
void check_clip_network(const nn::ClipConfig& network);
void check_clip_start(ClipStart start, const std::string& path, const nn::ClipConfig& network);

}  // namespace dbot::methods
