#include "dbot/optim/layer_decay.h"

#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::optim {

std::int64_t layer_id(std::string_view parameter_name, std::int64_t depth) {
  if (parameter_name == "cls_token" || parameter_name.starts_with("pos_embed") ||
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
    const bool decayed = spec.decayed();
    const std::int64_t id = layer_id(spec.name, depth);
    const auto [entry, is_new] = group_of.try_emplace({id, decayed}, groups.size());
    if (is_new) {
      groups.push_back({scales.at(static_cast<std::size_t>(id)), decayed ? weight_decay : 0.0, {}});
    }
    groups[entry->second].names.push_back(spec.name);
  }
  return groups;
}

std::vector<ParameterGroup> layer_decay_groups(nn::ParameterStore& parameters, std::int64_t depth,
                                               double decay, double weight_decay) {
  if (!parameters.flat_gradients().defined()) {
    throw Error("[optimizer] the parameters are frozen, expected gradients to train them");
  }
  std::map<std::int64_t, std::int64_t> layer_at;
  for (const nn::ParameterSpec& spec : parameters.specs()) {
    if (spec.trainable()) layer_at[parameters.offset(spec.name)] = layer_id(spec.name, depth);
  }
  const auto decayed = [&](std::int64_t offset) { return offset >= parameters.vectors_end(); };
  const std::vector<std::int64_t> begins =
      group_begins(parameters, [depth](std::string_view name) { return layer_id(name, depth); });
  const std::vector<double> scales = layer_scales(depth, decay);
  std::vector<ParameterGroup> groups;
  for (std::size_t i = 0; i < begins.size(); ++i) {
    const std::int64_t begin = begins[i],
                       end = i + 1 < begins.size() ? begins[i + 1] : parameters.trainable_end();
    groups.push_back({parameters.flat_values().slice(0, begin, end),
                      parameters.flat_gradients().slice(0, begin, end),
                      decayed(begin) ? weight_decay : 0.0,
                      scales.at(static_cast<std::size_t>(layer_at.at(begin)))});
  }
  return groups;
}

}  // namespace dbot::optim
