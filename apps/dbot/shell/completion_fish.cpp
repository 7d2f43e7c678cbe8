#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/dbot/shell/command_tree.h"

namespace dbot::app {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char letter : text) {
    if (letter == '\'' || letter == '\\') result += '\\';
    result += letter;
  }
  return result + "'";
}

std::string action(const OptionFacts& option, const RecipeFacts& recipes) {
  switch (option.kind) {
    case ValueKind::folder:
      return " -x -a '(__fish_complete_directories)'";
    case ValueKind::file:
    case ValueKind::path:
      return " -r -F";
    case ValueKind::recipe:
      return fmt::format(" -r -F -a '{}'", fmt::join(recipes.names, " "));
    case ValueKind::setting:
      return " -x -a '(__dbot_settings)'";
    case ValueKind::words:
      return fmt::format(" -x -a '{}'", fmt::join(option.words, " "));
    case ValueKind::text:
      return " -x";
    default:
      return "";
  }
}

std::string condition(const CommandFacts& command) {
  if (command.path.empty()) return "__fish_use_subcommand";
  std::string text;
  for (const std::string& word : command.path) {
    text += fmt::format("{}__fish_seen_subcommand_from {}", text.empty() ? "" : "; and ", word);
  }
  return text;
}

void add(std::string& script, const CommandFacts& command, const RecipeFacts& recipes) {
  const std::string head = fmt::format("complete -c dbot -n '{}'", condition(command));
  for (const CommandFacts& below : command.commands) {
    script += fmt::format("{} -a {} -d {}\n", head, below.name(), quoted(below.description));
  }
  for (const OptionFacts& option : command.options) {
    if (option.positional) {
      if (option.kind != ValueKind::text) script += head + action(option, recipes) + "\n";
      continue;
    }
    std::string names;
    for (const std::string& name : option.names) {
      const bool is_long = name.starts_with("--");
      names += fmt::format(" {} {}", is_long ? "-l" : "-s", name.substr(is_long ? 2 : 1));
    }
    script += fmt::format("{}{}{} -d {}\n", head, names, action(option, recipes),
                          quoted(option.description));
  }
  for (const CommandFacts& below : command.commands) add(script, below, recipes);
}

/// Lists keys with what they take.
std::string settings_function(const RecipeFacts& recipes) {
  std::string choices, lists;
  for (const SystemChoice& choice : recipes.choices) {
    choices += fmt::format("    case '* {} *'\n      set system {}\n",
                           fmt::join(choice.words, " *' '* "), choice.system);
  }
  for (const auto& [system, settings] : recipes.settings_by_system()) {
    lists += fmt::format("    case '{}'\n      string join \\n", system);
    for (const SettingFacts& setting : settings) {
      if (setting.words.empty()) lists += fmt::format(" {}=", setting.key);
      for (const std::string& word : setting.words) {
        lists += fmt::format(" {}={}", setting.key, word);
      }
    }
    lists += "\n";
  }
  return fmt::format(
      R"(function __dbot_settings
  set -l system
  set -l line ' '(commandline -opc | string join ' ')' '
  switch (string replace -a = ' ' -- $line)
{}  end
  switch "$system"
{}  end
end
)",
      choices, lists);
}

}  // namespace

std::string fish_completion(const CommandFacts& program, const RecipeFacts& recipes) {
  std::string script =
      "# Completion of dbot for fish, written by `dbot completion fish`.\ncomplete -c dbot -f\n";
  script += settings_function(recipes);
  add(script, program, recipes);
  return script;
}

}  // namespace dbot::app
