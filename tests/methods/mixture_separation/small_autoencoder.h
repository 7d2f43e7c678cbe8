#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>

#include "dbot/exchange/encoder_description.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/methods/mixture_separation/mixture_separation_config.h"
#include "dbot/methods/mixture_separation/separation_network.h"
#include "dbot/nn/parameters.h"

namespace dbot::test {

/// An i-MAE of 8×8 images in four patches; nothing is read and nothing taught unless it is said.
inline methods::MixtureSeparationConfig small_mixture_config() {
  methods::MixtureSeparationConfig config;
  config.encoder = {.image_size = {8, 8}, .patch_size = 4, .width = 16, .depth = 2, .heads = 2};
  config.decoder = {.width = 8, .depth = 1, .heads = 2};
  config.mask_ratio = 0.5;
  config.start = methods::StartKind::random;
  config.distillation = 0;
  return config;
}

/// Drawn parameters of an MAE with this encoder and decoder.
inline runtime::NamedTensors small_autoencoder(const methods::MixtureSeparationConfig& config,
                                               std::uint64_t seed = 3) {
  nn::ParameterStore store(nn::masked_autoencoder_parameters(
      methods::separation_network(config.encoder, config.decoder, {"decoder_embed"})));
  store.initialise(seed, /*stage=*/0);
  runtime::NamedTensors tensors;
  for (const auto& [name, tensor] : store.named()) tensors[name] = tensor.detach().clone();
  return tensors;
}

/// A file as a checkpoint's student is: with dbot.config in its header.
inline void write_autoencoder(const std::filesystem::path& file, const nn::EncoderConfig& encoder,
                              const runtime::NamedTensors& tensors) {
  const std::string description =
      exchange::to_json({.config = encoder, .mean = {0.5, 0.5, 0.5}, .std = {0.25, 0.25, 0.25}});
  exchange::write_tensor_file(file, tensors, {{exchange::kEncoderConfigKey, description}});
}

}  // namespace dbot::test
