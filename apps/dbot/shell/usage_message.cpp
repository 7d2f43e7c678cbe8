#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <vector>

#include "apps/dbot/commands.h"
#include "dbot/core/settings/settings_words.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/recipe/recipe_catalog.h"

namespace dbot::app {
namespace {

/// A slip of the fingers, or the beginning of the name.
bool is_near(const std::string& word, const std::string& name) {
  if (word.size() >= 3 && (name.starts_with(word) || word.starts_with(name))) return true;
  return core::edit_distance(word, name) <= std::min<std::size_t>(2, word.size() / 4);
}

std::string text_of(const std::vector<std::string>& names) {
  return names.empty() ? "" : fmt::format("; did you mean {}?", fmt::join(names, " or "));
}

/// "dbot data".
std::string called(const CLI::App& command) {
  const CLI::App* above = command.get_parent();
  return above == nullptr ? "dbot" : called(*above) + " " + command.get_name();
}

std::string small_letters(std::string text) {
  for (char& letter : text) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return text;
}

bool takes_settings(const CLI::App& command) {
  return command.get_option_no_throw("--set") != nullptr;
}

/// Options by name, arguments that stand by themselves, and keys of recipes.
std::string option_meant_by(const CLI::App& command, const std::string& word) {
  const std::string name = word.substr(word.find_first_not_of('-'));
  std::vector<std::string> near, settings;
  for (const CLI::Option* option : command.get_options({})) {
    if (option->get_positional() && small_letters(option->get_name(true, false)) == name) {
      return fmt::format("; {} stands by itself: {} {}", option->get_name(true, false),
                         called(command), option->get_name(true, false));
    }
    for (const std::string& known : option->get_lnames()) {
      if (is_near(name, known) && !option->get_group().empty()) near.push_back("--" + known);
    }
  }
  if (!near.empty() || !takes_settings(command)) return text_of(near);
  run::Recipe recipe;
  for (const auto& key : core::keys_meant_by(run::bind(recipe).fields(), name)) {
    settings.push_back(fmt::format("--set {}=VALUE", key));
  }
  return text_of(settings);
}

/// Commands below this one, and for `recipes` what may be shown.
std::string command_meant_by(const CLI::App& command, const std::string& word) {
  std::vector<std::string> near;
  for (const CLI::App* below : command.get_subcommands({})) {
    if (is_near(word, below->get_name())) near.push_back(called(*below));
  }
  const bool shows = std::ranges::any_of(command.get_subcommands({}), [](const CLI::App* below) {
    return below->get_name() == "show";
  });
  if (near.empty() && shows) {
    for (const std::string& name : run::recipes_meant_by(word)) {
      near.push_back(fmt::format("{} show {}", called(command), name));
    }
  }
  return text_of(near);
}

}  // namespace

std::string usage_message(const CommandLine& line, const CLI::ParseError& error) {
  const CLI::App* command = &line.parser;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  std::string meant;
  for (const std::string& word : command->remaining()) {
    if (word.find_first_not_of('-') == std::string::npos) continue;
    meant = word.starts_with('-') ? option_meant_by(*command, word.substr(0, word.find('=')))
                                  : command_meant_by(*command, word);
    if (!meant.empty()) break;
  }
  return fmt::format("[usage] {}{}; see {} --help", error.what(), meant, called(*command));
}

}  // namespace dbot::app
