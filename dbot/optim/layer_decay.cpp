#include "dbot/optim/layer_decay.h"

#include <charconv>
#include <cmath>
#include <map>
#include <utility>

namespace dbot::optim {

std::int64_t layer_id(std::string_view parameter_name, std::int64_t depth) {
  if (parameter_name == "cls_token" || parameter_name == "pos_embed" ||
      parameter_name.starts_with("patch_embed")) {
    return 0;
  }
  constexpr std::string_view kBlocks = "blocks.";
  if (parameter_name.starts_with(kBlocks)) {
    std::int64_t block = 0;
    const char* begin = parameter_name.data() + kBlocks.size();
    std::from_chars(begin, parameter_name.data() + parameter_name.size(), block);
    return block + 1;
  }
  return depth + 1;
}

std::vector<double> layer_scales(std::int64_t depth, double decay) {
  std::vector<double> scales;
  for (std::int64_t id = 0; id <= depth + 1; ++id) {
    scales.push_back(std::pow(decay, static_cast<double>(depth + 1 - id)));
  }
  return scales;
}

std::vector<LayerGroup> layer_decay_groups(const std::vector<nn::ParameterSpec>& specs,
                                           std::int64_t depth, double decay, double weight_decay) {
  const std::vector<double> scales = layer_scales(depth, decay);
  std::vector<LayerGroup> groups;
  std::map<std::pair<std::int64_t, bool>, std::size_t> group_of;
  for (const nn::ParameterSpec& spec : specs) {
    if (!spec.trainable()) continue;
    const bool decayed = spec.decayed() && spec.name != "cls_token" && spec.name != "pos_embed";
    const std::int64_t id = layer_id(spec.name, depth);
    const auto [entry, is_new] = group_of.try_emplace({id, decayed}, groups.size());
    if (is_new) {
      groups.push_back({scales.at(static_cast<std::size_t>(id)), decayed ? weight_decay : 0.0, {}});
    }
    groups[entry->second].names.push_back(spec.name);
  }
  return groups;
}

}  // namespace dbot::optim
