#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dbot::eval {

/// The labels that a field of a table names, a | between; none where it is empty.
inline std::vector<std::string> label_words(std::string_view field) {
  std::vector<std::string> words;
  while (!field.empty()) {
    const std::size_t end = std::min(field.find('|'), field.size());
    words.emplace_back(field.substr(0, end));
    field.remove_prefix(std::min(end + 1, field.size()));
  }
  return words;
}

/// What separates the fields of a table: a tab where its first line has one, else a comma.
inline char table_separator(std::string_view content) {
  const auto head = content.substr(0, content.find('\n'));
  return head.find('\t') != std::string_view::npos ? '\t' : ',';
}

}  // namespace dbot::eval
