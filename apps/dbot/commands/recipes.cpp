// dbot recipes: the recipes of the program and the keys a recipe may have.
#include <fmt/format.h>

#include <memory>

#include "apps/dbot/commands.h"
#include "apps/dbot/terminal/console.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/recipe_catalog.h"

namespace dbot::app {
namespace {

void list() {
  for (const run::EmbeddedRecipe& recipe : run::embedded_recipes()) {
    print_line(fmt::format("{:<14} {}", recipe.name, run::summary_line(recipe.text)));
  }
}

void show(const std::string& name) {
  print(run::find_recipe(name).text);
}

}  // namespace

void add_recipes(CommandLine& line) {
  CLI::App* command = line.parser.add_subcommand("recipes", "List the recipes of the program");
  command->require_subcommand(0, 1);
  CLI::App* show_command =
      command->add_subcommand("show", "Print a recipe, to start your own from");
  auto name = std::make_shared<std::string>();
  show_command->add_option("NAME", *name, "Name of a recipe, such as dbot/quick")
      ->required()
      ->check(not_empty())
      ->type_name("RECIPE");
  CLI::App* keys = command->add_subcommand("keys", "Print every key of a recipe as a table");
  command->callback([&line, show_command, keys, name] {
    line.action = [show_command, keys, name] {
      if (show_command->parsed()) return show(*name);
      if (keys->parsed()) return print(run::document_keys());
      list();
    };
  });
}

}  // namespace dbot::app
