#pragma once

#include <string>
#include <vector>

#include "dbot/exchange/encoder_description.h"
#include "dbot/nn/joint/config.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

/// The first weights of an M3AE.
struct StartJoint {
  runtime::NamedTensors tensors;
  std::vector<exchange::WeightsOrigin> origins;
};

/// Reads an M3AE from a safetensors file, with our names or with those of the published program
/// (exchange/joint/flax_names.h), for a network of this shape. A text embedding and head of another
/// vocabulary are refused, as is every other tensor of another shape. Throws UsageError naming the
/// tensor, DataError for a file that is broken or of another kind.
StartJoint load_start_joint(const std::string& path, const nn::JointConfig& network);

}  // namespace dbot::methods
