#include "dbot/run/recipe/recipe.h"

namespace dbot::run {

Recipe parse_recipe(std::string_view toml, std::string_view origin,
                    const std::vector<std::string>& assignments) {
  Recipe recipe;
  core::Settings settings = bind(recipe);
  settings.read_toml(toml, origin);
  for (const std::string& assignment : assignments) settings.read_assignment(assignment);
  check(recipe);
  return recipe;
}

std::string to_toml(const Recipe& recipe) {
  Recipe copy = recipe;
  return bind(copy).to_toml();
}

std::string document_keys() {
  Recipe defaults;
  return bind(defaults).documentation();
}

std::int64_t images_per_step(const Recipe& recipe) {
  return recipe.train.images_per_step();
}

methods::MaskedModelingConfig masked_modeling_config(const Recipe& recipe) {
  methods::MaskedModelingConfig config;
  config.student = recipe.student;
  config.encoder = recipe.model;
  config.decoder = recipe.decoder;
  config.teacher = recipe.teacher;
  config.mask = recipe.mask;
  config.objective = recipe.objective;
  config.loss = recipe.loss;
  config.drop_path = recipe.train.drop_path;
  config.student_depth = recipe.stages.student_depth;
  config.keep_patch_bias = recipe.stages.keep_patch_bias;
  config.mean = recipe.data.mean;
  config.std = recipe.data.std;
  config.seed = static_cast<std::uint64_t>(recipe.train.seed);
  return config;
}

}  // namespace dbot::run
