#include "apps/dbot/shell/name_groups.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

namespace dbot::app {
namespace {

/// A name cut at the first of its parts that is a number.
struct Cut {
  std::string before, after;
  std::optional<long long> first, last;

  explicit Cut(const std::string& name) : before(name) {
    for (std::size_t begin = 0; begin < name.size();) {
      const std::size_t end = std::min(name.find('.', begin), name.size());
      const std::string part = name.substr(begin, end - begin);
      const bool number = !part.empty() && part.size() < 10 &&
                          part.find_first_not_of("0123456789") == std::string::npos;
      if (number) {
        first = last = std::atoll(part.c_str());
        before = name.substr(0, begin);
        after = name.substr(end);
        return;
      }
      begin = end + 1;
    }
  }

  std::string text() const {
    if (!first) return before;
    return *first == *last ? fmt::format("{}{}{}", before, *first, after)
                           : fmt::format("{}{}…{}{}", before, *first, *last, after);
  }
};

}  // namespace

std::vector<std::string> grouped_names(const std::vector<std::string>& names) {
  std::vector<Cut> cuts;
  std::map<std::pair<std::string, std::string>, std::size_t> places;
  for (const std::string& name : names) {
    Cut cut(name);
    const auto [place, added] = places.try_emplace({cut.before, cut.after}, cuts.size());
    if (added || !cut.first) {
      cuts.push_back(std::move(cut));
      continue;
    }
    Cut& known = cuts[place->second];
    known.first = std::min(*known.first, *cut.first);
    known.last = std::max(*known.last, *cut.last);
  }
  std::vector<std::string> texts;
  for (const Cut& cut : cuts) texts.push_back(cut.text());
  return texts;
}

std::vector<std::string> counted_parts(const std::vector<std::string>& names,
                                       const std::string& prefix) {
  std::vector<std::pair<std::string, int>> parts;
  for (const std::string& name : names) {
    const std::string rest = name.starts_with(prefix) ? name.substr(prefix.size()) : name;
    const std::string part = rest.substr(0, rest.find('.'));
    const auto known = std::ranges::find(parts, part, &std::pair<std::string, int>::first);
    if (known == parts.end()) {
      parts.emplace_back(part, 1);
    } else {
      ++known->second;
    }
  }
  std::vector<std::string> texts;
  for (const auto& [part, count] : parts) texts.push_back(fmt::format("{} ({})", part, count));
  return texts;
}

}  // namespace dbot::app
