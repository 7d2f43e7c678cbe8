#include "dbot/run/recipe/recipe_for_weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include "dbot/core/settings/toml_document.h"
#include "dbot/exchange/import/encoder_import.h"
#include "dbot/methods/encoder_keys.h"
#include "dbot/methods/start/start_weights.h"

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
  texts.reserve(values.size());
  for (const double value : values) texts.push_back(toml_text(value));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string relative_positions_text(nn::RelativePositions kind) {
  constexpr const char* kNames[] = {"none", "shared", "each_block"};
  return toml_text(std::string(kNames[static_cast<int>(kind)]));
}

using Values = std::vector<std::pair<std::string, std::string>>;

/// What every vision transformer has.
Values size_values(const nn::EncoderConfig& config) {
  return {{"model.image_size",
           fmt::format("[{}, {}]", config.image_size.height, config.image_size.width)},
          {"model.channels", toml_text(config.channels)},
          {"model.patch_size", toml_text(config.patch_size)},
          {"model.width", toml_text(config.width)},
          {"model.depth", toml_text(config.depth)},
          {"model.heads", toml_text(config.heads)},
          {"model.mlp_ratio", toml_text(config.mlp_ratio)},
          {"model.layer_norm_eps", toml_text(config.layer_norm_eps)}};
}

Values model_values(const nn::EncoderConfig& config) {
  Values values = size_values(config);
  values.insert(values.end(),
                {{"model.position_table", toml_text(config.position_table)},
                 {"model.relative_positions", relative_positions_text(config.relative_positions)},
                 {"model.layer_scale", toml_text(config.layer_scale)},
                 {"model.key_bias", toml_text(config.key_bias)},
                 {"model.gelu", toml_text(methods::gelu_name(config.gelu))}});
  return values;
}

Values clip_values(const nn::ClipConfig& config) {
  constexpr const char* kPositions[] = {"sincos", "learned", "separable"};
  Values values = size_values(config.encoder);
  values.insert(
      values.end(),
      {{"model.tubelet", toml_text(config.tubelet)},
       {"model.positions", toml_text(std::string(kPositions[static_cast<int>(config.positions)]))},
       {"model.class_token", toml_text(config.encoder.class_token)},
       {"model.attention_bias", toml_text(config.attention_bias)},
       {"clips.frames", toml_text(config.frames)},
       {"clips.stride", toml_text(config.stride)},
       {"clips.target_fps", toml_text(config.frames_per_second)}});
  return values;
}

/// Mean and deviation of the pixels that the encoder knows, where nobody gives others.
void add_pixels(Values& values, const exchange::EncoderDescription& encoder,
                const std::set<std::string>& given, bool same_channels) {
  if (same_channels && !given.contains("data.mean") && !given.contains("data.std") &&
      !encoder.mean.empty()) {
    values.emplace_back("data.mean", list_text(encoder.mean));
    values.emplace_back("data.std", list_text(encoder.std));
  }
  if (!encoder.value_range.empty()) {
    values.emplace_back("data.value_range", list_text(encoder.value_range));
  }
}

/// Assignments of what is not given, then those of the user.
std::vector<std::string> not_given(const Values& values, const std::set<std::string>& given,
                                   const std::vector<std::string>& assignments) {
  std::vector<std::string> all;
  for (const auto& [key, value] : values) {
    if (!given.contains(std::string(key))) all.push_back(fmt::format("{}={}", key, value));
  }
  all.insert(all.end(), assignments.begin(), assignments.end());
  return all;
}

/// What belongs to the images rather than to the weights.
bool is_of_data(std::string_view key) {
  return key == "model.image_size" || key == "model.channels";
}

std::string start_path_of(const Recipe& recipe) {
  return methods::catalogue::outline(recipe.method).start_path;
}

/// A recipe that does not name the weights itself was written for another network: of [model] it
/// gives what belongs to the images, and their patches.
std::set<std::string> keys_given_with_start(const RecipeText& text,
                                            const std::vector<std::string>& assignments) {
  std::set<std::string> keys = keys_of(text, assignments);
  if (!start_path_of(read_recipe(text.text, text.origin)).empty()) return keys;
  std::set<std::string> assigned;
  for (const std::string& assignment : assignments) assigned.insert(core::assigned_key(assignment));
  std::erase_if(keys, [&](const std::string& key) {
    return key.starts_with("model.") && key != "model.patch_size" && !is_of_data(key) &&
           !assigned.contains(key);
  });
  return keys;
}

/// [model] of a stored recipe, but for what belongs to the images.
Values shape_of(const std::string& stored) {
  Values values;
  for (const core::TomlEntry& entry : core::parse_toml(stored, "recipe.toml")) {
    const bool is_value = !std::holds_alternative<core::TomlTable>(entry.value.value);
    if (is_value && entry.key.starts_with("model.") && !is_of_data(entry.key)) {
      values.emplace_back(entry.key, toml_text(entry.value));
    }
  }
  return values;
}

std::int64_t heads_of(const Recipe& recipe) {
  for (const core::TomlEntry& entry : core::parse_toml(to_toml(recipe), "recipe.toml")) {
    if (entry.key == "model.heads") return std::get<std::int64_t>(entry.value.value);
  }
  return 0;
}

/// What the recipe takes from the encoder in the file that it names.
Values start_values(const Recipe& recipe, const std::set<std::string>& given,
                    const core::Log& log) {
  const methods::Outline outline = methods::catalogue::outline(recipe.method);
  exchange::EncoderHints hints;
  if (given.contains("model.heads")) hints.heads = heads_of(recipe);
  const std::string& path = outline.start_path;
  exchange::EncoderDescription encoder =
      exchange::import_encoder(exchange::resolve_model_path(path), hints).encoder.description;
  Values values = model_values(methods::trainable_network(path, encoder.config));
  std::erase_if(values, [](const auto& value) { return is_of_data(value.first); });
  const bool same_channels = outline.images && outline.images->channels == encoder.config.channels;
  if (same_channels && !given.contains("data.mean") && !given.contains("data.std")) {
    const std::string assumed = exchange::assume_normalisation(encoder);
    if (!assumed.empty()) {
      log(core::LogLevel::information,
          fmt::format("[start] {} does not say its pixel normalisation: {} is assumed; data.mean "
                      "and data.std say another",
                      path, assumed));
    }
  }
  add_pixels(values, encoder, given, same_channels);
  return values;
}

}  // namespace

Recipe recipe_for_weights(const RecipeText& text, const exchange::EncoderDescription& encoder,
                          const std::vector<std::string>& assignments) {
  const std::set<std::string> given = keys_of(text, assignments);
  nn::EncoderConfig network = methods::trainable_network("the model", encoder.config);
  if (network.relative_positions == nn::RelativePositions::shared) {
    network.relative_positions = nn::RelativePositions::each_block;
  }
  Values values = model_values(network);
  // Of other channels than the file's nothing is known of their pixels.
  const bool same_channels = !given.contains("model.channels");
  add_pixels(values, encoder, given, same_channels);
  return read_recipe(text.text, text.origin, not_given(values, given, assignments));
}

Recipe recipe_for_weights(const RecipeText& text, const exchange::ClipDescription& clips,
                          const std::vector<std::string>& assignments) {
  const std::set<std::string> given = keys_of(text, assignments);
  Values values = clip_values(clips.config);
  add_pixels(values, exchange::frame_description(clips), given, /*same_channels=*/true);
  return read_recipe(text.text, text.origin, not_given(values, given, assignments));
}

Recipe recipe_with_start(const RecipeText& text, const std::vector<std::string>& assignments,
                         const std::string& begun, const core::Log& log) {
  Recipe recipe = read_recipe(text.text, text.origin, assignments);
  const methods::Outline before = methods::catalogue::outline(recipe.method);
  if (before.start_path.empty()) return recipe;
  const std::set<std::string> given = keys_given_with_start(text, assignments);
  const Values values = begun.empty() ? start_values(recipe, given, log) : shape_of(begun);
  Recipe fitting = read_recipe(text.text, text.origin, not_given(values, given, assignments));
  const std::string size = methods::catalogue::outline(fitting.method).size;
  if (size != before.size) {
    log(core::LogLevel::information,
        fmt::format("[start] the network is that of {}: {} in place of the recipe's {}",
                    before.start_path, size, before.size));
  }
  return fitting;
}

}  // namespace dbot::run
