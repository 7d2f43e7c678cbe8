#include "dbot/run/recipe/recipe_catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/core/settings/settings_words.h"
#include "dbot/methods/catalogue.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/system_keys.h"

namespace dbot::run {
namespace {

/// Small letters and digits of `text`.
std::string plain(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalnum(letter) != 0) letters += static_cast<char>(std::tolower(letter));
  }
  return letters;
}

/// Recipes that are called so, else those whose names hold it: of a part of names, or of a folder.
std::vector<std::string> recipes_called(const std::string& wanted) {
  std::vector<std::string> same, parts;
  if (wanted.empty()) return {};
  for (const EmbeddedRecipe& recipe : embedded_recipes()) {
    const std::string name(recipe.name);
    const std::string last = plain(name.substr(name.rfind('/') + 1));
    if (last == wanted || plain(name) == wanted) same.push_back(name);
    if (plain(name).find(wanted) != std::string::npos) parts.push_back(name);
  }
  return same.empty() ? parts : same;
}

/// "vitb16" of "vitbasepatch16": sizes of networks in words.
std::string with_short_sizes(std::string text) {
  struct Size {
    std::string_view word, letter;
  };
  for (const auto& [word, letter] :
       {Size{"patch", ""}, Size{"base", "b"}, Size{"large", "l"}, Size{"huge", "h"}}) {
    if (const auto at = text.find(word); at != std::string::npos) {
      text.replace(at, word.size(), letter);
    }
  }
  return text;
}

/// Whether the system of a recipe of the program can begin with weights of another run.
bool goes_on_from_a_run(const std::string& name) {
  const RecipeText recipe = find_recipe(name);
  const std::size_t kind = read_recipe(recipe.text, recipe.origin).method.index();
  return std::ranges::count(systems_with("start.init"), methods::catalogue::kinds().at(kind)) > 0;
}

}  // namespace

std::vector<std::string> recipes_meant_by(std::string_view word) {
  const std::string wanted = plain(word);
  auto found = recipes_called(wanted);
  if (found.empty()) found = recipes_called(with_short_sizes(wanted));
  // Recipes that go on from another run are for those who name their folder, or mean nothing else.
  std::vector<std::string> first_runs = found;
  std::erase_if(first_runs, goes_on_from_a_run);
  return first_runs.empty() ? found : first_runs;
}

std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates) {
  std::string nearest;
  std::size_t fewest = std::max<std::size_t>(2, word.size() / 2) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t count = core::edit_distance(word, candidate);
    if (count < fewest) {
      fewest = count;
      nearest = candidate;
    }
  }
  return nearest;
}

RecipeText find_recipe(const std::string& argument) {
  for (const EmbeddedRecipe& recipe : embedded_recipes()) {
    if (recipe.name == argument) {
      return {fmt::format("recipes/{}.toml", argument), std::string(recipe.text)};
    }
  }
  std::error_code ignored;
  const bool is_file = std::filesystem::is_regular_file(argument, ignored);
  if (is_file) {
    try {
      return {argument, core::read_text_file(argument)};
    } catch (const Error& error) {
      throw UsageError({.operation = "recipe",
                        .subject = argument,
                        .fault = Fault::unreadable,
                        .reason = fmt::format("cannot be read: {}", error.what())});
    }
  }
  if (argument.ends_with(".toml")) {
    throw UsageError({.operation = "recipe",
                      .subject = argument,
                      .fault = Fault::missing,
                      .reason = "is not a file",
                      .way_out = "name an existing recipe file, or a recipe of the program (dbot "
                                 "recipes)"});
  }
  std::vector<std::string> names;
  for (const EmbeddedRecipe& recipe : embedded_recipes()) names.emplace_back(recipe.name);
  std::vector<std::string> meant = recipes_meant_by(argument);
  if (meant.empty()) meant = {nearest_name(argument, names)};
  std::erase(meant, "");
  throw UsageError(
      {.operation = "recipe",
       .subject = argument.empty() ? "an empty name" : argument,
       .fault = Fault::missing,
       .reason = "is not a recipe" +
                 (meant.empty() ? "" : fmt::format("; did you mean {}?", fmt::join(meant, " or "))),
       .way_out = "`dbot recipes` lists them, and a path to a .toml file works too"});
}

std::string summary_line(std::string_view text) {
  if (!text.starts_with("# ")) return {};
  const std::string_view line = text.substr(2, text.find('\n') - 2);
  return std::string(line);
}

}  // namespace dbot::run
