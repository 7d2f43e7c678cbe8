#include "dbot/data/text/word_piece.h"

#include <algorithm>

#include "dbot/data/text/unicode.h"
#include "dbot/data/text/words.h"

namespace dbot::data {
namespace {

constexpr std::string_view kContinues = "##";

bool is_inside_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

std::vector<std::int64_t> WordPiece::ids(std::string_view text) const {
  std::vector<std::int64_t> ids;
  std::string piece;
  cut_words(text, [&](std::string_view word) { add_word(word, piece, ids); });
  return ids;
}

/// `piece` is memory.
void WordPiece::add_word(std::string_view word, std::string& piece,
                         std::vector<std::int64_t>& ids) const {
  const std::size_t before = ids.size();
  const auto give_up = [&] {
    ids.resize(before);
    ids.push_back(vocabulary_.unknown());
  };
  if (word.size() > kLongestWord && code_points(word) > kLongestWord) return give_up();
  for (std::string_view rest = word; !rest.empty();) {
    const bool begins = rest.size() == word.size();
    piece.assign(begins ? std::string_view() : kContinues);
    const std::size_t prefix = piece.size();
    const std::size_t longest = vocabulary_.longest() < prefix ? 0 : vocabulary_.longest() - prefix;
    piece.append(rest.substr(0, longest));
    std::int64_t id = -1;
    for (; piece.size() > prefix; piece.pop_back()) {
      const std::size_t end = piece.size() - prefix;
      if (end < rest.size() && is_inside_character(rest[end])) continue;
      id = vocabulary_.find(piece);
      if (id >= 0) break;
    }
    if (id < 0) return give_up();
    ids.push_back(id);
    rest.remove_prefix(piece.size() - prefix);
  }
}

std::string WordPiece::text(std::span<const std::int64_t> ids) const {
  std::string text;
  for (const auto id : ids) {
    const std::string& token = vocabulary_.token(id);
    if (token.starts_with(kContinues) && token.size() > kContinues.size()) {
      text += std::string_view(token).substr(kContinues.size());
      continue;
    }
    if (!text.empty()) text += ' ';
    text += token;
  }
  return text;
}

}  // namespace dbot::data
