#pragma once

#include <cstdint>

#include "dbot/nn/vit/config.h"

namespace dbot::nn {

/// What tells the tokens of a clip where they are. sincos: tables that are computed; learned: one
/// table for all tokens; separable: one for the places of a step and one for the steps, whose rows
/// are added. docs/methods/mae_st.md §3.
enum class ClipPositions { sincos, learned, separable };

/// The network of MAE-ST: a vision transformer whose tokens are blocks of a few frames.
/// Feichtenhofer et al., arXiv 2205.09113; docs/methods/mae_st.md §3–5. Without a class token the
/// decoder has none either.
struct ClipConfig {
  EncoderConfig encoder;  // its image is a frame
  DecoderConfig decoder = {.width = 512, .depth = 4, .heads = 16};
  std::int64_t frames = 16;  // of a clip
  std::int64_t tubelet = 2;  // frames of a token
  ClipPositions positions = ClipPositions::separable;
  bool attention_bias = true;         // of queries, keys and values
  std::int64_t predicted_frames = 8;  // of a clip
  // Which frames of a video it is for (ClipFrames); no weights depend on them.
  double stride = 4, frames_per_second = 30;

  std::int64_t steps() const { return frames / tubelet; }
  std::int64_t places() const { return encoder.patches(); }  // of a step
  std::int64_t tokens() const { return steps() * places(); }
  /// Tokens before those of the clip.
  std::int64_t prefix() const { return encoder.class_token ? 1 : 0; }
  std::int64_t token_values() const {
    return tubelet * encoder.channels * encoder.patch_size * encoder.patch_size;
  }
  /// Frames that are predicted of a token.
  std::int64_t predicted_per_token() const { return predicted_frames / steps(); }
  std::int64_t prediction_width() const {
    return predicted_per_token() * encoder.channels * encoder.patch_size * encoder.patch_size;
  }
  bool operator==(const ClipConfig&) const = default;
};

/// Throws UsageError unless the sizes fit each other, in the names of recipe keys.
void check(const ClipConfig& config);

}  // namespace dbot::nn
