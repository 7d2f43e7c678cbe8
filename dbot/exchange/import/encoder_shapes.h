#pragma once

#include <string>

#include "dbot/exchange/import/encoder_file.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::exchange {

/// The configuration of the encoder whose tensors these are, from their names and shapes: width,
/// channels and patch size of patch_embed.proj.weight [width, channels, p, p], depth of the blocks'
/// numbers, mlp_ratio of mlp.fc1, the grid of pos_embed (square unless hinted), heads by `hints` or
/// one for every 64 columns; what a BEiT-style encoder, CLIP's tower or a frozen teacher has beside
/// (encoder_variant.h). Throws DataError, beginning with `source`, when they do not say it.
nn::EncoderConfig infer_config(const runtime::NamedTensors& tensors, const EncoderHints& hints,
                               const std::string& source, bool class_token = true);

/// Throws DataError naming the tensor when shapes and a stored description disagree in depth.
void check_depth(const runtime::NamedTensors& tensors, std::int64_t depth,
                 const std::string& source);

}  // namespace dbot::exchange
