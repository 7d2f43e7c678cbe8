#pragma once

#include <string>

#include "dbot/exchange/export/network_weights.h"

// The JSON files of a folder of transformers.
namespace dbot::exchange {

/// config.json of a model class: sizes, and what else the class wants to know.
std::string hugging_face_config(const NetworkWeights& network, const std::string& model_class);

/// preprocessor_config.json: input size and pixel normalisation.
std::string hugging_face_preprocessing(const EncoderDescription& description);

}  // namespace dbot::exchange
