#include "apps/dbot/terminal/shell_words.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace dbot::app {
namespace {

bool is_plain(char letter) {
  constexpr std::string_view kHarmless = "_-./=:,+@%";
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 ||
         kHarmless.find(letter) != std::string_view::npos;
}

std::string quoted(const std::string& word) {
  if (!word.empty() && std::ranges::all_of(word, is_plain)) return word;
  std::string text = "'";
  for (const char letter : word) {
    text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  }
  return text + "'";
}

}  // namespace

std::string command_text(const std::vector<std::string>& words) {
  std::string text = "dbot";
  for (const std::string& word : words) text += " " + quoted(word);
  return text;
}

}  // namespace dbot::app
