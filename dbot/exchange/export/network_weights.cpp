#include "dbot/exchange/export/network_weights.h"

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/nn/vit/encoder_parameters.h"

namespace dbot::exchange {

NetworkWeights network_of(LoadedEncoder loaded) {
  NetworkWeights network{std::move(loaded.description), std::move(loaded.parameters), {}};
  if (!network.description.head) return network;
  network.parameters.merge(loaded.head);
  if (network.description.head->pooling == nn::Pooling::mean) {
    network.parameters.erase("norm.weight");
    network.parameters.erase("norm.bias");
  }
  return network;
}

LoadedEncoder encoder_of(const NetworkWeights& network) {
  LoadedEncoder encoder;
  encoder.description = network.description;
  for (const auto& spec : nn::encoder_parameters(network.description.config)) {
    auto found = network.parameters.find(spec.name);
    if (found == network.parameters.end() && spec.name.starts_with("norm.")) {
      found = network.parameters.find("fc_" + spec.name);
    }
    if (found == network.parameters.end()) {
      throw Error(fmt::format("[export] {} is missing in the network", spec.name));
    }
    encoder.parameters.emplace(spec.name, found->second);
  }
  encoder.description.head.reset();
  return encoder;
}

LoadedEncoder classifier_of(const NetworkWeights& network) {
  LoadedEncoder classifier = encoder_of(network);
  classifier.description.head = network.description.head;
  if (!network.description.head) return classifier;
  for (const char* name : {"fc_norm.weight", "fc_norm.bias", "head.weight", "head.bias"}) {
    const auto found = network.parameters.find(name);
    if (found != network.parameters.end()) classifier.head.insert(*found);
  }
  return classifier;
}

NetworkWeights resized(NetworkWeights network, core::Size image_size) {
  nn::EncoderConfig& config = network.description.config;
  const nn::EncoderConfig before = config;
  config.image_size = image_size;
  nn::check(config, "encoder");
  resize_positions(network.parameters, before, config.grid());
  return network;
}

}  // namespace dbot::exchange
