#pragma once

#include <cstdint>

#include "dbot/data/text/vocabulary.h"
#include "dbot/data/text/word_counts.h"

namespace dbot::data {

struct TrainedVocabulary {
  Vocabulary vocabulary;
  std::int64_t characters = 0;  // that the words have, each with and without "##"
  std::int64_t joined = 0;      // tokens made of two others
};

/// The most tokens that a vocabulary is trained to.
inline constexpr std::int64_t kMostTokens = std::int64_t{1} << 22;

/// A vocabulary of words by joining pairs (Sennrich et al., arXiv 1508.07909), as WordPiece writes
/// it: [PAD], [UNK], [CLS], [SEP], [MASK]; all characters, then all with "##", each in byte order;
/// then, again and again, the most frequent pair of neighbours in the words becomes a token, of
/// several the smaller in byte order, the left token first. It ends with `size` tokens, or where no
/// pair occurs twice. The same tokens on every machine and for any order of texts. Throws
/// UsageError for a size that does not hold the characters or is beyond kMostTokens, DataError
/// where there are no words.
TrainedVocabulary train_vocabulary(const WordCounts& words, std::int64_t size);

}  // namespace dbot::data
