#include "dbot/exchange/export/network_weights.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include "dbot/core/error.h"
#include "dbot/nn/vit/encoder_parameters.h"

namespace dbot::exchange {

LoadedEncoder encoder_of(const NetworkWeights& network) {
  LoadedEncoder encoder;
  encoder.description = network.description;
  for (const auto& spec : nn::encoder_parameters(network.description.config)) {
    const auto found = network.parameters.find(spec.name);
    if (found == network.parameters.end()) {
      throw Error(fmt::format("[export] {} is missing in the network", spec.name));
    }
    encoder.parameters.insert(*found);
  }
  return encoder;
}

NetworkWeights resized(NetworkWeights network, core::Size image_size) {
  nn::EncoderConfig& config = network.description.config;
  const core::Size before = config.grid();
  config.image_size = image_size;
  nn::check(config, "encoder");
  resize_positions(network.parameters, before, config.grid());
  return network;
}

}  // namespace dbot::exchange
