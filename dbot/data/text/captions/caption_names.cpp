#include "dbot/data/text/captions/caption_names.h"

#include <algorithm>
#include <cctype>

namespace dbot::data {

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  std::ranges::transform(small, small.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  return small;
}

int find_named(std::span<const std::string> fields, std::span<const std::string_view> names) {
  for (const auto name : names) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (in_small_letters(without_white_space(fields[i])) == name) return static_cast<int>(i);
    }
  }
  return -1;
}

std::string_view without_white_space(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace dbot::data
