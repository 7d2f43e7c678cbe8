#pragma once

#include <memory>

#include "dbot/nn/vit/vision_transformer.h"

namespace dbot::eval {

/// A drawn, frozen network of two blocks on 8×8 colour pixels.
inline nn::VisionTransformer small_network() {
  const nn::EncoderConfig config{{8, 8}, 3, 4, 16, 2, 4, 2.0, 1e-6};
  auto parameters = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(config));
  parameters->initialise(/*seed=*/3, /*stage=*/0);
  parameters->freeze();
  return {config, std::move(parameters)};
}

}  // namespace dbot::eval
