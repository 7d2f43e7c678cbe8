#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/exchange/encoder_description.h"
#include "dbot/nn/clip/config.h"

namespace dbot::exchange {

/// What the tensors of an encoder of clips do not say by themselves, and the pixel normalisation it
/// was trained with.
struct ClipDescription {
  nn::ClipConfig config;  // the decoder and the predicted frames are no part of it
  std::vector<double> mean = {}, std = {};   // one a channel, of pixels in 0…1; empty if unknown
  std::vector<double> value_range = {};      // black and white; empty: the usual ones
  std::vector<WeightsOrigin> origins = {};   // none: trained from nothing
  std::optional<HeadDescription> head = {};  // of a classifier: head.*, behind the mean of tokens
};

/// What it has in common with an encoder of images; its image is a frame.
EncoderDescription frame_description(const ClipDescription& description);

/// One JSON object, stored under `kEncoderConfigKey`: what an encoder of images has, and `clip`, an
/// object with frames, stride, frames_per_second (without: each video's own), tubelet, positions
/// ("sincos", "learned", "separable") and attention_bias.
std::string to_json(const ClipDescription& description);

/// Whether a description is of an encoder of clips.
bool describes_clips(std::string_view json);

/// The inverse of `to_json`. Keys it does not know are ignored. Throws DataError, naming `source`,
/// for anything that describes no such network.
ClipDescription clip_from_json(std::string_view json, std::string_view source);

}  // namespace dbot::exchange
