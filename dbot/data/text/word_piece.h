#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dbot/data/text/vocabulary.h"

namespace dbot::data {

/// A word of more characters becomes [UNK].
inline constexpr std::size_t kLongestWord = 100;

/// WordPiece of BERT's uncased models: words (words.h) are cut into the longest tokens that the
/// vocabulary has, from the left, "##" before those that continue a word (Wu et al., arXiv
/// 1609.08144; Devlin et al., arXiv 1810.04805). A word of more than 100 characters, or that is not
/// cut to its end, is one [UNK]. No [CLS] and no [SEP] are added (M3AE, arXiv 2205.14204). For
/// several threads at once.
class WordPiece {
 public:
  explicit WordPiece(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}

  const Vocabulary& vocabulary() const { return vocabulary_; }
  /// All tokens of a text, each below vocabulary().size(), however many; any bytes are taken.
  std::vector<std::int64_t> ids(std::string_view text) const;
  /// Tokens as text again: "##" joins, other tokens have a space before them. Throws DataError for
  /// an id that is none.
  std::string text(std::span<const std::int64_t> ids) const;

 private:
  void add_word(std::string_view word, std::string& piece, std::vector<std::int64_t>& ids) const;

  Vocabulary vocabulary_;
};

}  // namespace dbot::data
