#include "apps/dbot/shell/command_tree.h"

#include <sstream>

namespace dbot::app {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

ValueKind kind_of(const std::string& type) {
  if (type == "DIR") return ValueKind::folder;
  if (type == "FILE") return ValueKind::file;
  if (type == "PATH") return ValueKind::path;
  if (type == "RECIPE") return ValueKind::recipe;
  if (type == "KEY=VALUE") return ValueKind::setting;
  return type.find('|') != std::string::npos ? ValueKind::words : ValueKind::text;
}

OptionFacts describe(const CLI::Option& option) {
  OptionFacts facts;
  facts.positional = option.get_positional();
  facts.required = option.get_required();
  facts.repeated = option.get_items_expected_max() > 1;
  facts.description = option.get_description();
  const bool takes_value = option.get_expected_max() > 0;
  if (takes_value) {
    facts.value = option.get_type_name();
    facts.kind = kind_of(facts.value);
    if (facts.kind == ValueKind::words) facts.words = split(facts.value, '|');
  }
  if (facts.positional) {
    facts.names = {option.get_name(true, false)};
    return facts;
  }
  for (const std::string& name : option.get_snames()) facts.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) facts.names.push_back("--" + name);
  return facts;
}

CommandFacts describe(const CLI::App& app, std::vector<std::string> path) {
  CommandFacts facts;
  facts.path = std::move(path);
  facts.description = app.get_description();
  for (const CLI::Option* option : app.get_options({})) {
    const bool shown = !option->get_group().empty();  // as in the help
    if (shown) facts.options.push_back(describe(*option));
  }
  for (const CLI::App* command : app.get_subcommands({})) {
    std::vector<std::string> below = facts.path;
    below.push_back(command->get_name());
    facts.commands.push_back(describe(*command, std::move(below)));
  }
  return facts;
}

}  // namespace

std::string CommandFacts::joined() const {
  std::string text;
  for (const std::string& word : path) text += (text.empty() ? "" : " ") + word;
  return text;
}

CommandFacts describe_commands(const CLI::App& parser) {
  return describe(parser, {});
}

}  // namespace dbot::app
