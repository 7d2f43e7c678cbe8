#pragma once

#include <filesystem>
#include <vector>

#include "dbot/exchange/encoder_description.h"

namespace dbot::exchange {

/// The files of published weights (a path of resolve_model_path) by hash, with the licence that
/// they or the files beside them name: the header of safetensors, config.json, the head of
/// README.md. Reads every byte. Throws Error for a file that cannot be read.
std::vector<WeightsOrigin> read_origins(const std::filesystem::path& file);

/// What a network that is made of these weights, or taught by them, carries on: the origins that
/// the weights have, else the file itself.
std::vector<WeightsOrigin> origins_of(const std::filesystem::path& file,
                                      const EncoderDescription& description);

/// The origins of both, without repetition.
void add_origins(std::vector<WeightsOrigin>& all, const std::vector<WeightsOrigin>& more);

}  // namespace dbot::exchange
