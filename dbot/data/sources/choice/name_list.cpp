#include "dbot/data/sources/choice/name_list.h"

#include <algorithm>

namespace dbot::data {

std::unordered_set<std::string> parse_leave_out(std::string_view text) {
  std::unordered_set<std::string> names;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with('#')) continue;
    while (line.starts_with("./")) line.remove_prefix(2);
    if (!line.empty()) names.emplace(line);
  }
  return names;
}

}  // namespace dbot::data
