#include <fmt/format.h>
#include <fmt/ranges.h>

#include "apps/dbot/shell/command_tree.h"

namespace dbot::app {
namespace {

/// What fills COMPREPLY for a value.
std::string action(const OptionFacts& option, const RecipeFacts& recipes) {
  switch (option.kind) {
    case ValueKind::folder:
      return "_dbot_files -d";
    case ValueKind::file:
    case ValueKind::path:
      return "_dbot_files -f";
    case ValueKind::recipe:
      return fmt::format("_dbot_files -f; _dbot_words \"{}\"", fmt::join(recipes.names, " "));
    case ValueKind::setting:
      return "_dbot_keys";
    case ValueKind::words:
      return fmt::format("_dbot_words \"{}\"", fmt::join(option.words, " "));
    default:
      return ":";
  }
}

struct Cases {
  std::string commands;     // word → the command it leads to
  std::string with_value;   // options that take one
  std::string values;       // what stands behind an option
  std::string options;      // the options of a command
  std::string positionals;  // what stands at a place
};

void add(Cases& cases, const CommandFacts& command, const RecipeFacts& recipes) {
  const std::string path = command.joined();
  std::vector<std::string> names, below;
  int place = 0;
  for (const OptionFacts& option : command.options) {
    if (option.positional) {
      cases.positionals +=
          option.repeated
              ? fmt::format("    \"{}:\"*) {} ;;\n", path, action(option, recipes))
              : fmt::format("    \"{}:{}\") {} ;;\n", path, place++, action(option, recipes));
      continue;
    }
    for (const std::string& name : option.names) {
      names.push_back(name);
      if (option.kind == ValueKind::none) continue;
      cases.with_value += fmt::format("      \"{}:{}\") ((i++)) ;;\n", path, name);
      cases.values +=
          fmt::format("    \"{}:{}\") {}; return ;;\n", path, name, action(option, recipes));
    }
  }
  for (const CommandFacts& one : command.commands) {
    below.push_back(one.name());
    cases.commands +=
        fmt::format("      \"{}:{}\") command=\"{}\" place=0 ;;\n", path, one.name(), one.joined());
    add(cases, one, recipes);
  }
  cases.options +=
      fmt::format("      \"{}\") _dbot_words \"{}\" ;;\n", path, fmt::join(names, " "));
  if (!below.empty()) {
    cases.positionals +=
        fmt::format("    \"{}:0\") _dbot_words \"{}\" ;;\n", path, fmt::join(below, " "));
  }
}

/// The cases of what a key takes.
std::string words_of_settings(const RecipeFacts& recipes) {
  std::string cases;
  for (const SettingFacts& setting : recipes.settings) {
    if (setting.words.empty()) continue;
    cases +=
        fmt::format("    {}) _dbot_words \"{}\" ;;\n", setting.key, fmt::join(setting.words, " "));
  }
  return cases;
}

/// The cases of what keys a system has; any other has all.
std::string keys_of_systems(const RecipeFacts& recipes) {
  std::string cases;
  for (const auto& [system, settings] : recipes.settings_by_system()) {
    std::string keys;
    for (const SettingFacts& setting : settings) {
      keys += fmt::format("{}{}=", keys.empty() ? "" : " ", setting.key);
    }
    cases += fmt::format("  {}) _dbot_words \"{}\" ;;\n", system, keys);
  }
  return cases;
}

}  // namespace

std::string bash_completion(const CommandFacts& program, const RecipeFacts& recipes) {
  Cases cases;
  add(cases, program, recipes);
  return fmt::format(
      R"(# Completion of dbot for bash, written by `dbot completion bash`.
_dbot_words() {{
  local word
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$1" -- "$current")
}}
_dbot_files() {{
  local name
  compopt -o filenames 2>/dev/null
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen "$1" -- "$current")
}}
_dbot_keys() {{
  local system= line=" ${{COMP_WORDS[*]}} "
  compopt -o nospace 2>/dev/null
  line=${{line// = /=}}
  case "${{line//=/ }}" in
{}  esac
  case "$system" in
{}  esac
}}
_dbot_values() {{
  case "$1" in
{}  esac
}}
_dbot() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
  local command= equals= word place=0 i
  COMPREPLY=()
  # "--name=value" arrives as three words.
  if [[ $current == "=" ]]; then
    current= equals=1
  elif [[ $previous == "=" ]]; then
    equals=1 previous=${{COMP_WORDS[COMP_CWORD-2]}}
  fi
  # "--set key=value"
  if [[ $equals && $previous != -* ]]; then
    _dbot_values "$previous"
    return
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${{COMP_WORDS[i]}}
    if [[ $word == "=" ]]; then ((i++)); continue; fi
    if [[ $word == -* ]]; then
      if [[ ${{COMP_WORDS[i+1]}} == "=" ]]; then ((i += 2)); continue; fi
      case "$command:$word" in
{}      esac
    else
      case "$command:$word" in
{}      *) ((place++)) ;;
      esac
    fi
  done
  case "$command:$previous" in
{}  esac
  if [[ $current == -* ]]; then
    case "$command" in
{}    esac
    return
  fi
  case "$command:$place" in
{}  esac
}}
complete -F _dbot dbot
)",
      system_cases(recipes), keys_of_systems(recipes), words_of_settings(recipes), cases.with_value,
      cases.commands, cases.values, cases.options, cases.positionals);
}

}  // namespace dbot::app
