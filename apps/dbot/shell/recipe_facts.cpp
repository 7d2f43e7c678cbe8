#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <variant>

#include "apps/dbot/shell/command_tree.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/recipe_catalog.h"
#include "dbot/run/recipe/system_keys.h"

namespace dbot::app {
namespace {

std::vector<std::string> words_of(const core::Field& field) {
  if (const auto* choice = std::get_if<core::Choice>(&field.target)) return choice->names;
  if (std::holds_alternative<bool*>(field.target)) return {"true", "false"};
  return {};
}

}  // namespace

std::vector<std::pair<std::string, std::vector<SettingFacts>>> RecipeFacts::settings_by_system()
    const {
  std::vector<std::pair<std::string, std::vector<SettingFacts>>> by_system;
  for (const std::string& system : systems) {
    auto& own = by_system.emplace_back(system, std::vector<SettingFacts>()).second;
    std::ranges::copy_if(settings, std::back_inserter(own), [&](const SettingFacts& setting) {
      return std::ranges::count(setting.systems, system) > 0;
    });
  }
  by_system.emplace_back("*", settings);
  return by_system;
}

RecipeFacts describe_recipes() {
  RecipeFacts facts;
  facts.systems = methods::catalogue::kinds();
  for (std::size_t kind = 0; kind < facts.systems.size(); ++kind) {
    const std::string& system = facts.systems[kind];
    run::Recipe recipe;
    recipe.method = methods::catalogue::default_config(kind);
    const core::Settings settings = run::bind(recipe);
    for (const core::Field& field : settings.fields()) {
      auto known = std::ranges::find(facts.settings, field.key, &SettingFacts::key);
      if (known == facts.settings.end()) {
        known = facts.settings.insert(known, SettingFacts{field.key, words_of(field), {}});
      }
      known->systems.push_back(system);
    }
    facts.choices.push_back({{fmt::format("{} {}", run::kMethodKey, system)}, system});
  }
  for (const std::string& system : facts.systems) facts.choices.push_back({{}, system});
  for (const auto& embedded : run::embedded_recipes()) {
    const std::size_t kind = run::read_recipe(embedded.text, embedded.name).method.index();
    facts.names.emplace_back(embedded.name);
    facts.choices[facts.systems.size() + kind].words.emplace_back(embedded.name);
  }
  std::erase_if(facts.choices, [](const SystemChoice& choice) { return choice.words.empty(); });
  return facts;
}

std::string system_cases(const RecipeFacts& recipes) {
  std::string cases;
  for (const SystemChoice& choice : recipes.choices) {
    cases += fmt::format("  *\" {} \"*) system={} ;;\n", fmt::join(choice.words, " \"*|*\" "),
                         choice.system);
  }
  return cases;
}

}  // namespace dbot::app
