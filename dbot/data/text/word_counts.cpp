#include "dbot/data/text/word_counts.h"

#include "dbot/data/text/unicode.h"
#include "dbot/data/text/word_piece.h"
#include "dbot/data/text/words.h"

namespace dbot::data {

void WordCounts::add(std::string_view text) {
  ++texts_;
  cut_words(text, [&](std::string_view word) {
    if (word.size() > kLongestWord && code_points(word) > kLongestWord) {
      ++too_long_;
      return;
    }
    ++words_;
    key_.assign(word);
    ++counts_[key_];
  });
}

}  // namespace dbot::data
