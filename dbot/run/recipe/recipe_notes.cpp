#include "dbot/run/recipe/recipe_notes.h"

#include <fmt/format.h>

#include <sstream>

namespace dbot::run {
namespace {

/// One line each, whatever the note holds.
std::string comment(std::string text) {
  for (char& letter : text) {
    if (static_cast<unsigned char>(letter) < ' ') letter = ' ';
  }
  return fmt::format("# {}\n", text);
}

std::string comments_of(const RecipeNotes& notes, std::string_view key) {
  std::string text;
  for (const auto& [of, note] : notes) {
    if (of == key) text += comment(note);
  }
  return text;
}

}  // namespace

std::string with_notes(std::string_view toml, const RecipeNotes& notes) {
  std::string result = comments_of(notes, ""), table;
  std::istringstream lines{std::string(toml)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[') && line.ends_with(']')) table = line.substr(1, line.size() - 2);
    const std::size_t end = line.find(" =");
    if (end != std::string::npos && !line.starts_with('#')) {
      result += comments_of(notes, (table.empty() ? "" : table + ".") + line.substr(0, end));
    }
    result += line + "\n";
  }
  return result;
}

}  // namespace dbot::run
