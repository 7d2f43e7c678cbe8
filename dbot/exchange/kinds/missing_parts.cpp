#include "dbot/exchange/kinds/missing_parts.h"

#include <ATen/ops/zeros.h>

#include <algorithm>

namespace dbot::exchange {
namespace {

/// Zeros beside every `….layer.weight`, one for each of its rows.
void fill_zeros(runtime::NamedTensors& tensors, const std::string& layer,
                std::vector<std::string>& filled) {
  runtime::NamedTensors biases;
  for (const auto& [name, tensor] : tensors) {
    if (!name.ends_with(layer + ".weight") || tensor.dim() != 2) continue;
    const std::string bias = name.substr(0, name.rfind('.')) + ".bias";
    biases.emplace(bias, at::zeros({tensor.size(0)}, tensor.options()));
    filled.push_back(bias + ": zeros, as the network has none");
  }
  tensors.merge(biases);
}

}  // namespace

bool take_pooled_norm(runtime::NamedTensors& tensors, runtime::NamedTensors& head,
                      std::vector<std::string>& filled) {
  bool taken = false;
  for (const std::string part : {"weight", "bias"}) {
    const auto pooled = tensors.find("fc_norm." + part);
    if (pooled == tensors.end()) continue;
    if (tensors.emplace("norm." + part, pooled->second).second) {
      filled.push_back("norm." + part + ": fc_norm." + part +
                       ", the norm of the mean patch that it was fine-tuned with");
      taken = true;
    }
    head.emplace(pooled->first, pooled->second.to(at::kFloat));
    tensors.erase("fc_norm." + part);
  }
  return taken;
}

void fill_attention_biases(runtime::NamedTensors& tensors, std::vector<std::string>& filled) {
  const auto is_bias = [](const auto& entry) {
    return entry.first.ends_with("attn.qkv.bias") || entry.first.ends_with("attn.q_bias");
  };
  if (std::ranges::any_of(tensors, is_bias)) return;
  fill_zeros(tensors, "attn.qkv", filled);
}

void fill_matrix_biases(runtime::NamedTensors& tensors, std::vector<std::string>& filled) {
  for (const std::string layer :
       {".attn.proj", ".mlp.fc1", ".mlp.fc1_g", ".mlp.fc1_x", ".mlp.fc2"}) {
    const auto is_bias = [&](const auto& entry) {
      return entry.first.starts_with("blocks.") && entry.first.ends_with(layer + ".bias");
    };
    if (std::ranges::none_of(tensors, is_bias)) fill_zeros(tensors, layer, filled);
  }
}

}  // namespace dbot::exchange
