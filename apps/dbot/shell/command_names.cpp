#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "apps/dbot/commands.h"
#include "dbot/core/error.h"
#include "dbot/run/recipe/recipe_catalog.h"

namespace dbot::app {
namespace {

constexpr std::array<std::string_view, 5> kPlanned{"search", "analyze", "serve", "init", "evolve"};

}  // namespace

std::string usage_message(const CommandLine& line, const CLI::ParseError& error) {
  const auto commands = line.parser.get_subcommands();
  const std::string command = commands.empty() ? "" : commands.front()->get_name() + " ";
  return fmt::format("[usage] {}; see dbot {}--help", error.what(), command);
}

void check_command_name(const CommandLine& line, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* command : line.parser.get_subcommands({})) {
    names.push_back(command->get_name());
  }
  const auto contains = [&word](const auto& list) {
    return std::find(list.begin(), list.end(), word) != list.end();
  };
  if (contains(names)) return;
  if (word.starts_with("-")) {
    for (const char* known : {"-h", "--help", "--version"}) {
      if (word == known) return;
    }
    throw UsageError(fmt::format(
        "[dbot] {} is not an option of the program; `dbot --help` lists the commands, and `dbot "
        "COMMAND --help` the options of one",
        word));
  }
  if (contains(kPlanned)) {
    throw UsageError(fmt::format(
        "[dbot] {} is not in this version; `dbot --help` lists the commands that are", word));
  }
  const std::string nearest = run::nearest_name(word, names);
  throw UsageError(fmt::format("[dbot] {} is not a command{}; `dbot --help` lists them", word,
                               nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
}

}  // namespace dbot::app
