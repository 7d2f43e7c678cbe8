#pragma once

#include <nlohmann/json.hpp>

#include "dbot/exchange/description_reader.h"
#include "dbot/nn/vit/config.h"

// Only sources include this: our headers name no type of another library.
namespace dbot::exchange {

/// What a plain ViT does not have; absent keys mean that this one has not either.
void read_variant(const DescriptionReader& fields, nn::EncoderConfig& config);

/// The inverse: keys of what differs from a plain ViT alone.
void write_variant(const nn::EncoderConfig& config, nlohmann::ordered_json& object);

}  // namespace dbot::exchange
