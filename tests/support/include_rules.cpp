#include "tests/support/house.h"
#include "tests/support/include_line.h"
#include "tests/support/source_files.h"
#include "tests/support/source_rules.h"

namespace fs = std::filesystem;

namespace dbot::support {
namespace {

/// Empty if a file at `own` may include `included`.
std::string objection(const fs::path& root, const Place& own, const std::string& included) {
  const auto other = place_of(included);
  if (!other) {
    return " is in no known room of a module; write includes from the root (dbot/<module>/…) and "
           "other libraries' in <>";
  }
  if (other->module > own.module) {
    return " is in a module below this one; a module includes only modules above it";
  }
  if (other->module == own.module && other->room > own.room) {
    const std::vector<std::string>& rooms = modules_in_order()[own.module].rooms;
    return " is in the room '" + rooms[other->room] + "', below '" + rooms[own.room] +
           "'; a room includes only rooms above it";
  }
  return fs::exists(root / included) ? "" : " does not exist";
}

}  // namespace

Complaints check_include_order(const fs::path& root) {
  Complaints complaints;
  for (const TextFile& file : read_text_files(root, {"dbot", "apps"}, source_extensions())) {
    // Headers right under dbot/ are the library's umbrella: they may include everything.
    const bool umbrella = file.path.parent_path() == "dbot";
    const auto own = umbrella ? Place{.module = modules_in_order().size()} : place_of(file.path);
    if (!own) {
      complaints.push_back(file.at(
          0, "its folder is no room of a module; tests/support/house.cpp has the list of them"));
      continue;
    }
    for (std::size_t line = 0; line < file.lines.size(); ++line) {
      const auto included = included_file(file.lines[line], '"', '"');
      if (!included) continue;
      const std::string wrong = objection(root, *own, *included);
      if (!wrong.empty()) complaints.push_back(file.at(line, "\"" + *included + "\"" + wrong));
    }
  }
  return complaints;
}

}  // namespace dbot::support
