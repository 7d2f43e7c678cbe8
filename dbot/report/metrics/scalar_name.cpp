#include "dbot/report/metrics/scalar_name.h"

#include <algorithm>
#include <cstddef>

#include "dbot/report/text/shown_text.h"

namespace dbot::report {

std::string scalar_name(std::string_view name) {
  constexpr std::size_t kMostBytes = 120;
  if (name.empty()) return "unnamed";
  std::string shown = shown_text(name.substr(0, kMostBytes));
  std::ranges::replace_if(
      shown, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return shown;
}

}  // namespace dbot::report
