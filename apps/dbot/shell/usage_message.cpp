#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
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
  if (word.size() >= 3 && std::ranges::is_permutation(word, name)) return true;  // "otu"
  return core::edit_distance(word, name) <= std::min<std::size_t>(2, word.size() / 4);
}

/// Commands are often called by a longer word: "statistics" for "stats".
bool begin_alike(const std::string& word, const std::string& name) {
  constexpr std::ptrdiff_t kLetters = 4;
  return std::ranges::mismatch(word, name).in1 - word.begin() >= kLetters;
}

/// What other tools call an option.
struct OtherOption {
  std::string_view theirs, ours;
};
constexpr std::array kOtherOptions{
    OtherOption{"accelerator", "--device"},
    OtherOption{"checkpoint", "--model"},
    OtherOption{"cuda", "--device"},
    OtherOption{"data-dir", "--data"},
    OtherOption{"data-path", "--data"},
    OtherOption{"dataset", "--data"},
    OtherOption{"dir", "--out"},
    OtherOption{"exp-name", "--out"},
    OtherOption{"experiment", "--out"},
    OtherOption{"gpu", "--device"},
    OtherOption{"gpu-ids", "--device"},
    OtherOption{"gpus", "--device"},
    OtherOption{"log-dir", "--out"},
    OtherOption{"name", "--out"},
    OtherOption{"output-dir", "--out"},
    OtherOption{"run", "--model"},
    OtherOption{"run-name", "--out"},
    OtherOption{"save-dir", "--out"},
    OtherOption{"weights", "--model"},
};

/// Options that name what the only argument of a command may be.
constexpr std::array<std::string_view, 10> kPlaces{
    "model", "data", "run", "path", "file", "dir", "folder", "input", "source", "checkpoint"};

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

std::string stands_by_itself(const CLI::App& command, const CLI::Option& argument) {
  const std::string name = argument.get_name(true, false);
  return fmt::format("; {} stands by itself: {} {}", name, called(command), name);
}

/// "data_path" and "data-path" are one.
std::string option_of_others(const CLI::App& command, std::string name) {
  std::ranges::replace(name, '_', '-');
  const auto* other = std::ranges::find(kOtherOptions, name, &OtherOption::theirs);
  if (other == kOtherOptions.end()) return "";
  const std::string ours(other->ours);
  return command.get_option_no_throw(ours) == nullptr ? "" : ours;
}

/// Options by name, arguments that stand by themselves, and keys of recipes.
std::string option_meant_by(const CLI::App& command, const std::string& word) {
  const std::string name = word.substr(word.find_first_not_of('-'));
  std::vector<std::string> near, settings;
  const CLI::Option* argument = nullptr;
  for (const CLI::Option* option : command.get_options({})) {
    if (argument == nullptr && option->get_positional()) argument = option;
    if (option->get_positional() && small_letters(option->get_name(true, false)) == name) {
      return stands_by_itself(command, *option);
    }
    for (const std::string& known : option->get_lnames()) {
      if (is_near(name, known) && !option->get_group().empty()) near.push_back("--" + known);
    }
  }
  if (near.empty()) {
    if (auto other = option_of_others(command, name); !other.empty()) near.push_back(other);
  }
  const bool is_place = std::ranges::find(kPlaces, name) != kPlaces.end();
  if (near.empty() && is_place && argument != nullptr) return stands_by_itself(command, *argument);
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
    const std::string& name = below->get_name();
    if (is_near(word, name) || begin_alike(word, name)) near.push_back(called(*below));
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

/// A run or a file without the option that takes it.
std::string model_meant_by(const CLI::App& command, const std::string& word) {
  const CLI::Option* model = command.get_option_no_throw("--model");
  if (model == nullptr || model->count() > 0) return "";
  return fmt::format("; did you mean --model {}?", word);
}

}  // namespace

std::string usage_message(const CommandLine& line, const CLI::ParseError& error) {
  const CLI::App* command = &line.parser;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  std::string meant;
  bool options = false;
  for (const std::string& word : command->remaining()) {
    if (!meant.empty() || word.find_first_not_of('-') == std::string::npos) continue;
    options = options || word.starts_with('-');
    meant = word.starts_with('-') ? option_meant_by(*command, word.substr(0, word.find('=')))
                                  : command_meant_by(*command, word);
  }
  // A word beside an option that is not known is most likely its value.
  if (meant.empty() && !options && !command->remaining().empty()) {
    meant = model_meant_by(*command, command->remaining().front());
  }
  return fmt::format("[usage] {}{}; see {} --help", error.what(), meant, called(*command));
}

}  // namespace dbot::app
