#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/masking/space_time_mask.h"
#include "dbot/methods/masked_clips/clip_keys.h"
#include "dbot/nn/clip/config.h"
#include "dbot/objectives/target_frames.h"
#include "dbot/runtime/device.h"

namespace dbot::methods {

/// Predicted pixels: as they are, or of each patch on its own mean and deviation.
enum class PixelScale { none, patch };

/// MAE-ST: tokens of a clip are hidden in space and time, and their pixels predicted.
/// docs/methods/mae_st.md.
struct MaskedClipsConfig {
  static constexpr const char* kKind = "masked_clips";

  /// Its `predicted_frames` follow from `target_frames`: `clip_network`.
  nn::ClipConfig network;
  masking::SpaceTimeMaskConfig mask;
  std::int64_t target_frames = 0;  // of a clip that are predicted; 0: one a step of time
  objectives::TargetFrames which_frames = objectives::TargetFrames::spread;
  PixelScale normalisation = PixelScale::patch;
  std::int64_t repeats = 4;  // clips of a video in a step
  ClipStart start = ClipStart::random;
  std::string start_path;  // of the first weights

  std::vector<double> mean, std;    // pixel normalisation of the input; told by the data
  std::vector<double> value_range;  // what is black and white in files; told by the data
  std::uint64_t seed = 0;
  runtime::Device device;
};

/// Its network, with the frames that it predicts.
nn::ClipConfig clip_network(const MaskedClipsConfig& config);

masking::SpaceTimeGrid clip_grid(const nn::ClipConfig& network);

}  // namespace dbot::methods
