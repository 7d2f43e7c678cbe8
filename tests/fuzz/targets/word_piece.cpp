#include <string>

#include "dbot/data/text/unicode.h"
#include "dbot/data/text/vocabulary_training.h"
#include "dbot/data/text/word_piece.h"
#include "dbot/data/text/words.h"
#include "tests/fuzz/targets/input_file.h"
#include "tests/fuzz/targets/targets.h"

namespace dbot::fuzz {

/// A vocabulary trained from a text knows all its words: joined they are its words again.
void word_piece(Bytes input) {
  const auto text = text_of(input);
  std::string expected;
  bool any = false;
  data::cut_words(text, [&](std::string_view word) {
    require(!word.empty() && data::broken_bytes(word) == 0);
    const bool known = data::code_points(word) <= data::kLongestWord;
    any = any || known;
    expected += (expected.empty() ? "" : " ") + (known ? std::string(word) : "[UNK]");
  });
  if (!any) return;
  data::WordCounts words;
  words.add(text);
  const data::WordPiece tokenizer(data::train_vocabulary(words, data::kMostTokens).vocabulary);
  const auto ids = tokenizer.ids(text);
  for (const auto id : ids) require(id > 0 && id < tokenizer.vocabulary().size());
  require(tokenizer.text(ids) == expected);
}

}  // namespace dbot::fuzz
