#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/nn/vit/masked_autoencoder.h"

namespace dbot::methods {

/// Official names of the separation layers: decoder_embed1 for the subordinate image and
/// decoder_embed2 for the dominant one; of one layer decoder_embed. docs/methods/imae.md §2.
std::vector<std::string> separation_names(std::int64_t layers);

/// MAE's encoder and decoder, which predicts pixels, with these layers between them.
nn::MaskedAutoencoderConfig separation_network(const nn::EncoderConfig& encoder,
                                               const nn::DecoderConfig& decoder,
                                               std::vector<std::string> layer_names);

}  // namespace dbot::methods
