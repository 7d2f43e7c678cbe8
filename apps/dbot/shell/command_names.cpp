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

constexpr std::array<std::string_view, 3> kPlanned{"serve", "init", "evolve"};

/// What people call a command, and what it is.
struct OtherName {
  std::string_view theirs, ours;
};
constexpr std::array kOtherNames{
    OtherName{"check", "data check"},
    OtherName{"continue", "resume"},
    OtherName{"convert", "import or export"},
    OtherName{"eval", "evaluate"},
    OtherName{"extract", "embed"},
    OtherName{"features", "embed"},
    OtherName{"info", "inspect"},
    OtherName{"knn", "evaluate knn"},
    OtherName{"linear", "evaluate linear"},
    OtherName{"list", "recipes"},
    OtherName{"models", "recipes"},
    OtherName{"nearest", "search"},
    OtherName{"pack", "data pack"},
    OtherName{"show", "recipes show"},
    OtherName{"similar", "search"},
    OtherName{"split", "data split"},
    OtherName{"stats", "data stats"},
    OtherName{"test", "evaluate"},
    OtherName{"train", "pretrain"},
    OtherName{"version", "--version"},
    OtherName{"visualize", "reconstruct"},
};

std::string meant_by(const std::string& word, const std::vector<std::string>& names) {
  const auto* other = std::ranges::find(kOtherNames, word, &OtherName::theirs);
  return other == kOtherNames.end() ? run::nearest_name(word, names) : std::string(other->ours);
}

}  // namespace

std::vector<std::string> understood(std::vector<std::string> words) {
  if (words.empty()) return {"--help"};
  if (words.front() != "help") return words;
  words.erase(words.begin());
  words.emplace_back("--help");
  return words;
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
    for (const char* known : {"-h", "--help", "-v", "-V", "--version"}) {
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
  const std::string meant = meant_by(word, names);
  throw UsageError(fmt::format("[dbot] {} is not a command{}; `dbot --help` lists them", word,
                               meant.empty() ? "" : fmt::format("; did you mean dbot {}?", meant)));
}

}  // namespace dbot::app
