#pragma once

#include "dbot/nn/vit/config.h"

namespace dbot::exchange {

/// The families that other tools know.
enum class NetworkKind {
  plain,  // the ViT of MAE, dBOT and timm
  beit,   // BEiT's: no key bias; perhaps relative positions, perhaps gains of the branches
  other,  // such as CLIP's tower
};

/// Whichever of the two GELUs that can be trained it has, the exact one or that by tanh.
NetworkKind kind_of(const nn::EncoderConfig& config);

}  // namespace dbot::exchange
