#pragma once

#include <cstdint>
#include <optional>

#include "dbot/data/audit/set_statistics.h"
#include "dbot/data/text/captions/match_captions.h"
#include "dbot/data/text/word_piece.h"

namespace dbot::data {

/// How long the captions of a set are.
struct CaptionStatistics {
  CaptionCounts counts;
  Spread of_an_image;                // captions of an image that has some
  Spread words;                      // of a caption, between white space
  double mean_words = 0;             // of a caption
  std::int64_t different_words = 0;  // as a vocabulary would count them (words.h)
  struct Tokens {
    Spread tokens;       // of a caption, before it is cut
    double mean = 0;     // of a caption
    double unknown = 0;  // share of them that the vocabulary does not know
  };
  std::optional<Tokens> tokens;  // of a vocabulary that was given
};

/// `tokenizer` may be null.
CaptionStatistics measure_captions(const MatchedCaptions& captions, const WordPiece* tokenizer);

}  // namespace dbot::data
