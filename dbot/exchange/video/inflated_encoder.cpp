#include "dbot/exchange/video/inflated_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include "dbot/nn/clip/clip_parameters.h"

namespace dbot::exchange {
namespace {

/// [width, channels, p, p] → [width, channels, frames, p, p].
at::Tensor inflated_kernel(const at::Tensor& kernel, std::int64_t frames) {
  return (kernel.unsqueeze(2) / frames).repeat({1, 1, frames, 1, 1});
}

void add_tables(runtime::NamedTensors& tensors, const at::Tensor& table,
                const nn::ClipConfig& config) {
  const at::Tensor cls = table.slice(1, 0, 1), places = table.slice(1, 1);
  if (config.positions == nn::ClipPositions::separable) {
    tensors["pos_embed_class"] = cls;
    tensors["pos_embed_spatial"] = places;
    tensors["pos_embed_temporal"] = at::zeros({1, config.steps(), table.size(2)});
  } else if (config.positions == nn::ClipPositions::learned) {
    const at::Tensor all = places.repeat({1, config.steps(), 1});
    tensors["pos_embed"] = config.prefix() > 0 ? at::cat({cls, all}, 1) : all;
  }
}

}  // namespace

runtime::NamedTensors inflated_encoder(const runtime::NamedTensors& image,
                                       const nn::ClipConfig& config) {
  runtime::NamedTensors tensors;
  for (const auto& [name, tensor] : image) {
    if (name == "patch_embed.proj.weight") {
      tensors[name] = inflated_kernel(tensor, config.tubelet);
    } else if (name == "pos_embed") {
      add_tables(tensors, tensor, config);
    } else {
      tensors[name] = tensor;
    }
  }
  runtime::NamedTensors wanted;
  for (const nn::ParameterSpec& spec : nn::clip_encoder_parameters(config)) {
    const auto found = tensors.find(spec.name);
    if (found != tensors.end()) wanted.insert(*found);
  }
  return wanted;
}

}  // namespace dbot::exchange
