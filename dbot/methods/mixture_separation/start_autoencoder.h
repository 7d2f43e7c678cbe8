#pragma once

#include <string>

#include "dbot/exchange/encoder_description.h"
#include "dbot/nn/vit/config.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

/// A masked autoencoder with its decoder, as a run or a file has it, put onto the grid of the
/// recipe's network.
struct StartAutoencoder {
  exchange::EncoderDescription description;  // its config is the recipe's
  runtime::NamedTensors tensors;             // of encoder and decoder, official names
  std::string path;                          // as the recipe names it

  /// True of an i-MAE with two separation layers. A decoder_embed beside them was never trained.
  bool separates_two() const { return tensors.contains("decoder_embed2.weight"); }
};

/// Reads one for the network that [model] and [decoder] describe. Throws UsageError for a file of
/// an encoder without a decoder, for a decoder that predicts features, and naming the first key
/// that differs from the file; DataError for a file that is broken or of another kind.
StartAutoencoder load_start_autoencoder(const std::string& path, const nn::EncoderConfig& model,
                                        const nn::DecoderConfig& decoder);

/// First weights of a student with so many separation layers: each is the file's decoder_embed, or
/// its own where the file has separation layers.
runtime::NamedTensors student_start(const StartAutoencoder& start, std::int64_t layers);

/// Throws UsageError unless its decoder_embed is that of an MAE, which a teacher needs.
void require_teacher(const StartAutoencoder& start);

}  // namespace dbot::methods
