#pragma once

#include <string>
#include <vector>

#include "dbot/exchange/encoder_description.h"
#include "dbot/methods/masked_clips/clip_keys.h"
#include "dbot/nn/parameters.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

/// The first weights of an MAE-ST.
struct StartClips {
  runtime::NamedTensors tensors;
  std::vector<exchange::WeightsOrigin> origins;
  std::string told;  // the file, and what was made of it
};

/// Reads the parameters `wanted` of an MAE-ST from a run, a checkpoint, or a weights file of ours
/// or with the published names, for a network of this shape. Separate tables of places and steps
/// are put onto its grid. Throws UsageError naming the tensor that the file lacks or has in another
/// shape, DataError for a file that is broken or of another kind.
StartClips load_start_clips(const std::string& path, const nn::ClipConfig& network,
                            const std::vector<nn::ParameterSpec>& wanted);

/// The encoder's tensors from one of images (exchange/video/inflated_encoder.h), whose positions
/// are put onto the grid of a frame; everything else is to be drawn. Throws as
/// `load_start_weights`.
StartClips load_start_image(const std::string& path, const nn::ClipConfig& network);

/// By the kind of start, which is not `random`.
StartClips load_start(ClipStart start, const std::string& path, const nn::ClipConfig& network,
                      const std::vector<nn::ParameterSpec>& wanted);

}  // namespace dbot::methods
