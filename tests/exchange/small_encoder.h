#pragma once

#include <memory>

#include "dbot/exchange/export/network_weights.h"
#include "dbot/exchange/import/encoder_file.h"

namespace dbot::exchange {

/// A drawn network of two blocks on 8×8 grey pixels.
inline EncoderDescription small_description() {
  EncoderDescription description;
  description.config = {{8, 8}, 1, 4, 16, 2, 4, 2.0, 1e-6};
  description.mean = {0.1};
  description.std = {1.0 / 3};
  return description;
}

inline runtime::NamedTensors small_parameters(const nn::EncoderConfig& config) {
  nn::ParameterStore store(nn::encoder_parameters(config));
  store.initialise(/*seed=*/5, /*stage=*/0);
  runtime::NamedTensors parameters;
  for (const auto& [name, tensor] : store.named()) parameters[name] = tensor.detach().clone();
  // A constructed network has its table already; one of our own makes a lost table visible.
  parameters["pos_embed"].add_(0.25);
  return parameters;
}

inline NetworkWeights small_network() {
  const EncoderDescription description = small_description();
  return {description, small_parameters(description.config), {}};
}

}  // namespace dbot::exchange
