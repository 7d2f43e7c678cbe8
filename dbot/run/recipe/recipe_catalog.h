#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace dbot::run {

/// A recipe that is part of the program: recipes/<name>.toml of the source.
struct EmbeddedRecipe {
  std::string_view name;  // "dbot/vit-b16"
  std::string_view text;  // TOML
};

/// Sorted by name.
const std::vector<EmbeddedRecipe>& embedded_recipes();

struct RecipeText {
  std::string origin;  // for messages: "recipes/dbot/quick.toml" or the path
  std::string text;
};

/// What the command line's RECIPE names: a file (if it ends in .toml or exists as one), or a recipe
/// of the program. Throws UsageError with the nearest name.
RecipeText find_recipe(const std::string& argument);

/// First comment line of a recipe: what it is.
std::string summary_line(std::string_view text);

/// The names of recipes of the program that `word` may stand for, wherever they lie: "vit-b16" is
/// "dbot/vit-b16" and "mae/vit-b16". Letters and digits alone count.
std::vector<std::string> recipes_meant_by(std::string_view word);

/// The candidate with the fewest edits from `word`; empty if none is near.
std::string nearest_name(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace dbot::run
