#pragma once

#include <string>
#include <vector>

#include "dbot/exchange/encoder_description.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/nn/vit/config.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

/// The first weights of a classifier's encoder, and of its `fc_norm` where the file was fine-tuned
/// on the mean patch. A head is never among them: it is drawn anew.
struct StartWeights {
  runtime::NamedTensors parameters;
  std::vector<exchange::WeightsOrigin> origins;
  std::string channels_rule;  // how the file's channels became the model's; empty: they are
  std::vector<double> mean = {}, std = {};  // of the pixels it was trained on; empty: unknown
  core::Size grid = {};                     // of the file's patches
};

/// Reads an encoder for the network that the recipe's [model] describes: its position tables are
/// put onto the model's grid, other channels summed or repeated, and one table of relative
/// positions is copied into all blocks where the model has one in each. Throws UsageError naming
/// the first key that differs from the file, DataError for a file that is broken or of another
/// kind.
StartWeights load_start_weights(const std::string& path, const nn::EncoderConfig& model,
                                const exchange::EncoderHints& hints = {});

}  // namespace dbot::methods
