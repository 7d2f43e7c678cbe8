#include "dbot/run/recipe/recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <sstream>

#include "dbot/core/error.h"
#include "dbot/core/settings/toml_document.h"
#include "dbot/run/recipe/system_keys.h"
#include "dbot/simd/kernel_level.h"

namespace dbot::run {
namespace {

constexpr std::string_view kOptimizerKey = "optimizer.kind";

/// A key that decides which other keys there are: read before them. What is none of its names is
/// left to the reading proper, which says so.
struct Kind {
  std::string_view key;
  const std::vector<std::string>& names;

  std::optional<std::size_t> of(const std::string& name) const {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
  }

  /// The one that a document names.
  std::optional<std::size_t> in(std::string_view toml, std::string_view origin) const {
    for (const core::TomlEntry& entry : core::parse_toml(toml, origin)) {
      const auto* text = std::get_if<std::string>(&entry.value.value);
      if (entry.key == key && text) return of(*text);
    }
    return std::nullopt;
  }

  /// The last one that assignments name.
  std::optional<std::size_t> in(const std::vector<std::string>& assignments) const {
    std::string name;
    core::Settings alone;
    alone.add(std::string(key), name, "");
    for (const std::string& assignment : assignments) {
      if (core::assigned_key(assignment) == key) alone.read_assignment(assignment);
    }
    return of(name);
  }
};

optim::OptimizerConfig default_optimizer(std::size_t kind) {
  return optim::default_config(static_cast<optim::OptimizerKind>(kind));
}

/// The keys of a system's recipes with their defaults.
std::string key_table(std::size_t kind) {
  Recipe defaults;
  defaults.method = methods::catalogue::default_config(kind);
  return bind(defaults).documentation();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

Recipe read_recipe(std::string_view toml, std::string_view origin,
                   const std::vector<std::string>& assignments) {
  const Kind method{kMethodKey, methods::catalogue::kinds()};
  const Kind optimizer{kOptimizerKey, optim::optimizer_kinds()};
  Recipe recipe;
  const auto own = method.in(toml, origin);
  recipe.method =
      methods::catalogue::default_config(method.in(assignments).value_or(own.value_or(0)));
  const std::size_t before = optimizer.in(toml, origin).value_or(0);
  recipe.optimizer = default_optimizer(before);
  core::Settings document = bind(recipe);
  refuse_keys_of_other_systems(recipe, document, toml, origin);
  document.read_toml(toml, origin);

  const std::size_t wanted = optimizer.in(assignments).value_or(before);
  if (wanted != before) {
    const double clip_norm = recipe.optimizer.clip_norm;
    recipe.optimizer = default_optimizer(wanted);
    recipe.optimizer.clip_norm = clip_norm;
  }
  core::Settings settings = bind(recipe);
  for (const std::string& assignment : assignments) {
    refuse_key_of_other_systems(recipe, settings, assignment);
    settings.read_assignment(assignment);
  }
  return recipe;
}

Recipe parse_recipe(std::string_view toml, std::string_view origin,
                    const std::vector<std::string>& assignments) {
  Recipe recipe = read_recipe(toml, origin, assignments);
  check(recipe);
  return recipe;
}

std::string to_toml(const Recipe& recipe) {
  Recipe copy = recipe;
  return bind(copy).to_toml();
}

std::string document_keys() {
  const std::vector<std::string>& kinds = methods::catalogue::kinds();
  std::string text = key_table(0);
  const std::vector<std::string> shared = lines_of(text);
  for (std::size_t kind = 1; kind < kinds.size(); ++kind) {
    text += fmt::format("\nKeys with `{} = \"{}\"` that are not those above:\n\n", kMethodKey,
                        kinds[kind]);
    const std::vector<std::string> lines = lines_of(key_table(kind));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const bool head = i < 2;
      const bool own = !lines[i].starts_with(fmt::format("| `{}`", kMethodKey)) &&
                       std::ranges::find(shared, lines[i]) == shared.end();
      if (head || own) text += lines[i] + "\n";
    }
  }
  return text;
}

train::StagesConfig stages_of(const Recipe& recipe) {
  train::StagesConfig stages = recipe.stages;
  const auto own = methods::catalogue::outline(recipe.method).own_stages;
  if (own.empty()) return stages;
  stages.count = std::ssize(own);
  for (const methods::OwnStage& stage : own) {
    stages.epochs.push_back(stage.epochs);
    // The recipe's are for 256 images.
    stages.base_lr.push_back(stage.learning_rate * 256 /
                             static_cast<double>(recipe.train.images_per_step()));
  }
  return stages;
}

methods::Surroundings surroundings(const Recipe& recipe) {
  const KernelRequest kernels = recipe.compute.kernels;
  const bool fused = kernels == KernelRequest::automatic
                         ? simd::default_kernel_level() != simd::KernelLevel::reference
                         : kernels != KernelRequest::reference;
  return {.stages = stages_of(recipe).count,
          .keep_optimizer = recipe.stages.keep_optimizer,
          .weight_decay = recipe.optimizer.weight_decay,
          .moments = optim::cost_of(recipe.optimizer).moments,
          .batch_size = recipe.train.batch_size,
          .element = recipe.train.precision == runtime::PrecisionRequest::fp32 ? 4.0 : 2.0,
          .fused = fused,
          .trains = recipe.length.total_steps != 0 && recipe.length.total_epochs != 0};
}

methods::MakeContext make_context(const Recipe& recipe) {
  return {.seed = static_cast<std::uint64_t>(recipe.train.seed),
          .device = runtime::resolve_device(recipe.compute.device),
          .stages = stages_of(recipe).count};
}

methods::DataFacts data_facts(const Recipe& recipe) {
  return {.mean = recipe.data.mean, .std = recipe.data.std, .value_range = recipe.data.value_range};
}

nn::ImageInput image_input(const Recipe& recipe, std::string_view operation) {
  const auto images = methods::catalogue::outline(recipe.method).images;
  if (images) return *images;
  throw UsageError(ErrorFields{
      .operation = std::string(operation),
      .subject = fmt::format("method.kind {}", methods::catalogue::kinds()[recipe.method.index()]),
      .fault = Fault::unsupported,
      .reason = "reads no images, expected a system that does"});
}

}  // namespace dbot::run
