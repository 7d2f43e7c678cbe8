#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

// The commands and options of the program as data, taken from the parser: completions and the man
// page are written from it, so they cannot fall behind.
namespace dbot::app {

enum class ValueKind { none, text, file, folder, path, recipe, setting, words };

struct OptionFacts {
  std::vector<std::string> names;  // "--data"; a positional argument: "RECIPE"
  bool positional = false;
  bool required = false;
  bool repeated = false;  // takes several values
  ValueKind kind = ValueKind::none;
  std::vector<std::string> words;  // of ValueKind::words
  std::string value;               // how the help names it: "DIR", "auto|fp32|bf16"
  std::string description;
};

struct CommandFacts {
  std::vector<std::string> path;  // {"recipes", "show"}; empty: the program
  std::string description;
  std::vector<OptionFacts> options;  // positional ones in their order
  std::vector<CommandFacts> commands;

  std::string name() const { return path.empty() ? "" : path.back(); }
  /// "recipes show".
  std::string joined() const;
};

/// A key of recipes, and the words that it takes; without any it takes something else.
struct SettingFacts {
  std::string key;
  std::vector<std::string> words;
  std::vector<std::string> systems;  // whose recipes have it
};

/// Words of a command line that say whose keys are meant. In it every "=" counts as a blank.
struct SystemChoice {
  std::vector<std::string> words;  // one of them: "method.kind NAME", or the name of a recipe
  std::string system;
};

/// What completion offers from recipes.
struct RecipeFacts {
  std::vector<std::string> names;  // of the program's recipes
  std::vector<SettingFacts> settings;
  std::vector<std::string> systems;
  std::vector<SystemChoice> choices;  // the first one that fits holds

  /// The keys of each system's recipes by its name, then all of them by "*": any other name's.
  std::vector<std::pair<std::string, std::vector<SettingFacts>>> settings_by_system() const;
};
/// Of the recipes of the program, with the keys of every system.
RecipeFacts describe_recipes();

/// The kind of a value follows from the name of its type: DIR, FILE, PATH, RECIPE, KEY=VALUE, or
/// words separated by |.
CommandFacts describe_commands(const CLI::App& parser);

/// Branches of a `case` of bash or zsh over a command line with a blank at each end, which set
/// `system`.
std::string system_cases(const RecipeFacts& recipes);

/// Scripts for completion. Of keys they offer those of the recipe on the command line, where it is
/// one of the program's.
std::string bash_completion(const CommandFacts& program, const RecipeFacts& recipes);
std::string zsh_completion(const CommandFacts& program, const RecipeFacts& recipes);
std::string fish_completion(const CommandFacts& program, const RecipeFacts& recipes);

/// dbot(1) in the man macros of roff.
std::string man_page(const CommandFacts& program, const std::string& version);

}  // namespace dbot::app
