#pragma once

#include <string>
#include <vector>

#include "dbot/core/text_list.h"

namespace dbot::test {

inline std::vector<std::string> strings_of(const core::TextList& paths) {
  std::vector<std::string> strings;
  for (std::size_t i = 0; i < paths.size(); ++i) strings.emplace_back(paths[i]);
  return strings;
}

}  // namespace dbot::test
