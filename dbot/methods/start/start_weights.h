#pragma once

#include <string>
#include <vector>

#include "dbot/exchange/encoder_description.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/nn/vit/config.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

/// The first weights of an encoder and, of a classifier, of its `fc_norm`, where the file was
/// fine-tuned on the mean patch. A head is never among them: it is drawn anew.
struct StartWeights {
  runtime::NamedTensors parameters;
  std::vector<exchange::WeightsOrigin> origins;
  std::string channels_rule;  // how the file's channels became the model's; empty: they are
  std::vector<double> mean = {}, std = {};  // of the pixels it was trained on; empty: unknown
  core::Size grid = {};                     // of the file's patches
  std::string positions_rule = {};        // how its tables got the model's grid; empty: they had it
  std::vector<std::string> filled = {};   // what the file lacks, and what stands in its place
  std::vector<std::string> missing = {};  // of the encoder's tensors: they are drawn anew
  std::vector<std::string> left = {};     // the file's tensors of other parts, by name
};

/// Reads an encoder for the network that the recipe's [model] describes: its position tables are
/// put onto the model's grid, other channels summed or repeated, and one table of relative
/// positions is copied into all blocks where the model has one in each. Throws UsageError naming
/// the first key that differs from the file, DataError for a file that is broken or of another
/// kind.
StartWeights load_start_weights(const std::string& path, const nn::EncoderConfig& model,
                                const exchange::EncoderHints& hints = {});

/// What a file of another tool may leave unsaid: heads, where they are not one for every 64
/// columns.
exchange::EncoderHints start_hints(const nn::EncoderConfig& model);

/// The network of a file as recipes can describe it. One without a class token gets one, and the
/// norm of its mean patch becomes its norm. Throws UsageError about `path` where it has parts that
/// no recipe has.
nn::EncoderConfig trainable_network(const std::string& path, const nn::EncoderConfig& stored);

/// What was made of the file so that it fits: "positions of 14×14 patches resized to 8×8; cls_token
/// drawn anew, the file has none; left: head (2 tensors)".
std::string fitting_text(const StartWeights& start);

}  // namespace dbot::methods
