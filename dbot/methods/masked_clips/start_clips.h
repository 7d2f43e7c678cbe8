#pragma once

#include <string>
#include <vector>

#include "dbot/exchange/encoder_description.h"
#include "dbot/nn/clip/config.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

/// The first weights of an MAE-ST.
struct StartClips {
  runtime::NamedTensors tensors;
  std::vector<exchange::WeightsOrigin> origins;
};

/// Reads an MAE-ST with its decoder from a weights file of ours or with the published names, for a
/// network of this shape. Throws UsageError naming the tensor that the file lacks or has in another
/// shape, DataError for a file that is broken or of another kind.
StartClips load_start_clips(const std::string& path, const nn::ClipConfig& network);

}  // namespace dbot::methods
