#include "dbot/exchange/video/flattened_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <utility>

#include "dbot/nn/clip/clip_parameters.h"

namespace dbot::exchange {
namespace {

/// float32 [1, prefix + places, width].
at::Tensor places_of(const nn::ClipEncoder& network) {
  const nn::ClipConfig& config = network.config();
  const at::Tensor rows = network.positions();
  const at::Tensor steps =
      rows.slice(1, config.prefix()).view({config.steps(), config.places(), config.encoder.width});
  return at::cat({rows.slice(1, 0, config.prefix()), steps.mean(0, /*keepdim=*/true)}, 1);
}

}  // namespace

LoadedEncoder flattened_encoder(const LoadedClips& clips) {
  const nn::ClipEncoder& network = *clips.network;
  const nn::ClipConfig& config = network.config();
  LoadedEncoder image;
  image.own = true;
  image.description = frame_description(clips.description);
  image.description.head.reset();
  for (const nn::ParameterSpec& spec : nn::clip_encoder_parameters(config)) {
    const at::Tensor tensor = network.parameters()->at(spec.name).detach();
    if (spec.name.starts_with("pos_embed")) continue;
    const bool kernel = spec.name == "patch_embed.proj.weight";
    image.parameters[spec.name] = kernel ? tensor.sum(2) : tensor.clone();
  }
  image.parameters["pos_embed"] = places_of(network).detach();
  if (config.attention_bias) return image;
  for (std::int64_t block = 0; block < config.encoder.depth; ++block) {
    image.parameters["blocks." + std::to_string(block) + ".attn.qkv.bias"] =
        at::zeros({3 * config.encoder.width});
  }
  return image;
}

}  // namespace dbot::exchange
