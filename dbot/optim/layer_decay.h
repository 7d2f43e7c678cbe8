#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/nn/parameters.h"
#include "dbot/optim/adamw.h"

namespace dbot::optim {

/// 0 for cls token, position tables (pos_embed…) and patch embedding; i + 1 for block i; depth + 1
/// for the rest.
std::int64_t layer_id(std::string_view parameter_name, std::int64_t depth);

/// decay^(depth + 1 − id) for id 0…depth + 1. docs/methods/mae.md §6.
std::vector<double> layer_scales(std::int64_t depth, double decay);

/// One group per (layer, decayed or not), in order of first appearance. Not decayed: 1-D tensors
/// and those whose specification says so.
struct LayerGroup {
  double rate_scale = 1;
  double weight_decay = 0;
  std::vector<std::string> names;
};
std::vector<LayerGroup> layer_decay_groups(const std::vector<nn::ParameterSpec>& specs,
                                           std::int64_t depth, double decay, double weight_decay);

/// The same as ranges of a network's flat buffers, in their order; a layer whose parameters do not
/// lie side by side has several. Throws Error where the parameters are frozen.
std::vector<ParameterGroup> layer_decay_groups(nn::ParameterStore& parameters, std::int64_t depth,
                                               double decay, double weight_decay);

}  // namespace dbot::optim
