#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "apps/dbot/shell/command_tree.h"

namespace dbot::app {
namespace {

/// Inside single quotes, as the text of a specification of _arguments.
std::string quoted(const std::string& text) {
  std::string result;
  for (const char letter : text) {
    if (letter == '\'') {
      result += "'\\''";
      continue;
    }
    if (letter == '[' || letter == ']' || letter == ':' || letter == '\\') result += '\\';
    result += letter;
  }
  return result;
}

std::string action(const OptionFacts& option, const RecipeFacts& recipes) {
  switch (option.kind) {
    case ValueKind::folder:
      return "_files -/";
    case ValueKind::file:
    case ValueKind::path:
      return "_files";
    case ValueKind::recipe:
      return fmt::format("_alternative \"recipes:recipe:({})\" \"files:file:_files\"",
                         fmt::join(recipes.names, " "));
    case ValueKind::setting:
      return "_dbot_settings";
    case ValueKind::words:
      return fmt::format("({})", fmt::join(option.words, " "));
    default:
      return " ";
  }
}

std::string specification(const OptionFacts& option, int place, const RecipeFacts& recipes) {
  if (option.positional) {
    const std::string where = option.repeated ? "*" : std::to_string(place);
    return fmt::format("    '{}:{}:{}'", where, quoted(option.names.front()),
                       action(option, recipes));
  }
  std::vector<std::string> lines;
  for (const std::string& name : option.names) {
    const std::string value =
        option.kind == ValueKind::none
            ? std::string()
            : fmt::format(":{}:{}", quoted(option.value), action(option, recipes));
    lines.push_back(fmt::format("    '*{}[{}]{}'", name, quoted(option.description), value));
  }
  return fmt::format("{}", fmt::join(lines, " \\\n"));
}

std::string function_name(const CommandFacts& command) {
  std::string name = "_dbot";
  for (const std::string& word : command.path) name += "_" + word;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

void add(std::string& script, const CommandFacts& command, const RecipeFacts& recipes) {
  for (const CommandFacts& below : command.commands) add(script, below, recipes);
  std::vector<std::string> lines;
  int place = 0;
  for (const OptionFacts& option : command.options) {
    place += option.positional ? 1 : 0;
    lines.push_back(specification(option, place, recipes));
  }
  if (command.commands.empty()) {
    script += fmt::format("{}() {{\n  _arguments \\\n{}\n}}\n", function_name(command),
                          fmt::join(lines, " \\\n"));
    return;
  }
  lines.push_back("    '1:command:->command'");
  lines.push_back("    '*::argument:->arguments'");
  std::string names, calls;
  for (const CommandFacts& below : command.commands) {
    names += fmt::format("      '{}:{}'\n", below.name(), quoted(below.description));
    calls += fmt::format("        {}) {} ;;\n", below.name(), function_name(below));
  }
  script += fmt::format(
      R"({}() {{
  local state line
  typeset -A opt_args
  _arguments -C \
{}
  case $state in
    command)
      local -a commands=(
{}      )
      _describe command commands
      ;;
    arguments)
      case $line[1] in
{}      esac
      ;;
  esac
}}
)",
      function_name(command), fmt::join(lines, " \\\n"), names, calls);
}

/// Completes a key and, behind its =, what it takes.
std::string settings_function(const RecipeFacts& recipes) {
  std::string values, keys;
  for (const SettingFacts& setting : recipes.settings) {
    if (setting.words.empty()) continue;
    values +=
        fmt::format("      {}=) compadd -- {} ;;\n", setting.key, fmt::join(setting.words, " "));
  }
  for (const auto& [system, settings] : recipes.settings_by_system()) {
    keys += fmt::format("  {}) compadd -S '' --", system);
    for (const SettingFacts& setting : settings) {
      keys += fmt::format(" {}=", setting.key);
    }
    keys += " ;;\n";
  }
  return fmt::format(
      R"(_dbot_settings() {{
  local system= line=" ${{words[*]}} "
  if compset -P '*='; then
    case ${{IPREFIX#--set=}} in
{}    esac
    return
  fi
  case "${{line//\=/ }}" in
{}  esac
  case "$system" in
{}  esac
}}
)",
      values, system_cases(recipes), keys);
}

}  // namespace

std::string zsh_completion(const CommandFacts& program, const RecipeFacts& recipes) {
  std::string script =
      "#compdef dbot\n# Completion of dbot for zsh, written by `dbot completion zsh`.\n";
  script += settings_function(recipes);
  add(script, program, recipes);
  // Loaded by name from $fpath, the file is the function; sourced, it defines it.
  script +=
      "if [ \"$funcstack[1]\" = \"_dbot\" ]; then _dbot \"$@\"; else compdef _dbot dbot; fi\n";
  return script;
}

}  // namespace dbot::app
