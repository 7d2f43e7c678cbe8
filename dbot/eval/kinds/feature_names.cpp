#include "dbot/eval/kinds/feature_names.h"

#include <charconv>
#include <string_view>

namespace dbot::eval {
namespace {

constexpr std::string_view kGrid = "grid:";
constexpr std::int64_t kMostCells = 1024;  // in a row
constexpr std::int64_t kMostBlocks = 4096;

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char character : text) {
    if (character == ',') {
      words.emplace_back();
    } else if (character != ' ') {
      words.back() += character;
    }
  }
  return words;
}

/// A whole number of 1 to `most`; 0 for any other text.
std::int64_t count_of(std::string_view text, std::int64_t most) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && number >= 1 && number <= most ? number : 0;
}

}  // namespace

bool is_of_tokens(const std::string& kind) {
  return kind == "tokens" || grid_cells(kind) > 0;
}

std::optional<std::vector<std::string>> parse_feature_kinds(const std::string& text) {
  std::vector<std::string> kinds = words_of(text);
  for (const std::string& kind : kinds) {
    const bool plain = kind == "cls" || kind == "mean" || kind == "both";
    if (!plain && !is_of_tokens(kind)) return std::nullopt;
  }
  return kinds;
}

std::optional<std::vector<std::int64_t>> parse_blocks(const std::string& text) {
  std::vector<std::int64_t> blocks;
  for (const std::string& word : words_of(text)) {
    const auto dash = word.find('-');
    const std::string_view all = word;
    const std::int64_t first = count_of(all.substr(0, dash), kMostBlocks);
    const std::int64_t last =
        dash == std::string::npos ? first : count_of(all.substr(dash + 1), kMostBlocks);
    if (first < 1 || last < first || (!blocks.empty() && first <= blocks.back())) {
      return std::nullopt;
    }
    for (std::int64_t block = first; block <= last; ++block) blocks.push_back(block);
  }
  return blocks;
}

std::int64_t grid_cells(const std::string& kind) {
  if (!kind.starts_with(kGrid)) return 0;
  return count_of(std::string_view(kind).substr(kGrid.size()), kMostCells);
}

}  // namespace dbot::eval
