#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/exchange/import/encoder_file.h"

namespace dbot::exchange {

/// Has an encoder read another number of channels, as timm does (adapt_input_conv in
/// timm/models/_manipulate.py): of the weights of the patches, those of the channels are repeated
/// in turn and scaled by old / new, so that like channels give what they gave; for one channel they
/// are summed. Mean and deviation of the pixels, where they are known, are repeated in the same
/// way, for one channel averaged. Returns the rule in words; empty where nothing was to be done.
std::string adapt_channels(LoadedEncoder& encoder, std::int64_t channels);
/// The same of the weights of any first layer, [outputs, channels, kernel, kernel], and of what is
/// known of its pixels.
std::string adapt_channels(at::Tensor& weights, std::vector<double>& mean, std::vector<double>& std,
                           std::int64_t channels);

}  // namespace dbot::exchange
