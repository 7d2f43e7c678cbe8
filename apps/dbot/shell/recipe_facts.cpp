#include <algorithm>
#include <variant>

#include "apps/dbot/shell/command_tree.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/recipe_catalog.h"

namespace dbot::app {
namespace {

std::vector<std::string> words_of(const core::Field& field) {
  if (const auto* choice = std::get_if<core::Choice>(&field.target)) return choice->names;
  if (std::holds_alternative<bool*>(field.target)) return {"true", "false"};
  return {};
}

}  // namespace

RecipeFacts describe_recipes() {
  RecipeFacts facts;
  for (const auto& recipe : run::embedded_recipes()) facts.names.emplace_back(recipe.name);
  for (std::size_t kind = 0; kind < methods::catalogue::kinds().size(); ++kind) {
    run::Recipe recipe;
    recipe.method = methods::catalogue::default_config(kind);
    const core::Settings settings = run::bind(recipe);
    for (const core::Field& field : settings.fields()) {
      const bool known = std::ranges::count(facts.settings, field.key, &SettingFacts::key) > 0;
      if (!known) facts.settings.push_back({field.key, words_of(field)});
    }
  }
  return facts;
}

}  // namespace dbot::app
