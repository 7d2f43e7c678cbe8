#include "dbot/run/recipe/recipe.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dbot/core/error.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {
namespace {

constexpr std::string_view separator = "\n---\n";

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace

void recipe(Bytes input) {
  const std::string_view text = text_of(input);
  const auto cut = text.find(separator);
  std::vector<std::string> assignments;
  if (cut != std::string_view::npos) assignments = lines_of(text.substr(cut + separator.size()));
  try {
    run::Recipe read = run::parse_recipe(text.substr(0, cut), "recipe.toml", assignments);
    // What a run stores is a recipe, and the same one.
    const std::string stored = run::to_toml(read);
    require(run::to_toml(run::parse_recipe(stored, "stored.toml")) == stored);
    require(core::toml_differences(stored, stored).empty());
    require(nlohmann::json::accept(run::bind(read).to_json()));
  } catch (const UsageError&) {
  }
}

}  // namespace dbot::fuzz
