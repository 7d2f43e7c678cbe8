#include "dbot/run/recipe/recipe_for_weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <string_view>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/settings/toml_document.h"

namespace dbot::run {
namespace {

using core::toml_text;

/// The keys that a document and assignments give a value.
std::set<std::string> keys_of(const RecipeText& text, const std::vector<std::string>& assignments) {
  std::set<std::string> keys;
  for (const core::TomlEntry& entry : core::parse_toml(text.text, text.origin)) {
    keys.insert(entry.key);
  }
  for (const std::string& assignment : assignments) keys.insert(core::assigned_key(assignment));
  return keys;
}

std::string list_text(const std::vector<double>& values) {
  std::vector<std::string> texts;
  for (const double value : values) texts.push_back(toml_text(value));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string relative_positions_text(nn::RelativePositions kind) {
  return toml_text(std::string(kind == nn::RelativePositions::none ? "none" : "each_block"));
}

using Values = std::vector<std::pair<std::string_view, std::string>>;

Values model_values(const nn::EncoderConfig& config) {
  return {{"model.image_size",
           fmt::format("[{}, {}]", config.image_size.height, config.image_size.width)},
          {"model.channels", toml_text(config.channels)},
          {"model.patch_size", toml_text(config.patch_size)},
          {"model.width", toml_text(config.width)},
          {"model.depth", toml_text(config.depth)},
          {"model.heads", toml_text(config.heads)},
          {"model.mlp_ratio", toml_text(config.mlp_ratio)},
          {"model.layer_norm_eps", toml_text(config.layer_norm_eps)},
          {"model.position_table", toml_text(config.position_table)},
          {"model.relative_positions", relative_positions_text(config.relative_positions)},
          {"model.layer_scale", toml_text(config.layer_scale)},
          {"model.key_bias", toml_text(config.key_bias)}};
}

}  // namespace

Recipe recipe_for_weights(const RecipeText& text, const exchange::EncoderDescription& encoder,
                          const std::vector<std::string>& assignments) {
  if (!encoder.config.can_be_trained()) {
    throw UsageError({.operation = "start",
                      .subject = "the model",
                      .fault = Fault::unsupported,
                      .reason = "has parts that only frozen networks have (rotary positions, "
                                "registers, a gated MLP, norms inside its blocks, no class token)",
                      .way_out = "start from the encoder of another network"});
  }
  const std::set<std::string> given = keys_of(text, assignments);
  Values values = model_values(encoder.config);
  // Of other channels than the file's nothing is known of their pixels.
  const bool same_channels = !given.contains("model.channels");
  if (same_channels && !given.contains("data.mean") && !given.contains("data.std") &&
      !encoder.mean.empty()) {
    values.emplace_back("data.mean", list_text(encoder.mean));
    values.emplace_back("data.std", list_text(encoder.std));
  }
  if (!encoder.value_range.empty()) {
    values.emplace_back("data.value_range", list_text(encoder.value_range));
  }
  std::vector<std::string> all;
  for (const auto& [key, value] : values) {
    if (!given.contains(std::string(key))) all.push_back(fmt::format("{}={}", key, value));
  }
  all.insert(all.end(), assignments.begin(), assignments.end());
  return read_recipe(text.text, text.origin, all);
}

}  // namespace dbot::run
