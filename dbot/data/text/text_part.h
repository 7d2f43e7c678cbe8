#pragma once

#include <cstdint>
#include <memory>

#include "dbot/data/batch_part.h"
#include "dbot/data/text/text_names.h"
#include "dbot/data/text/word_piece.h"

namespace dbot::data {

struct TextPartConfig {
  std::shared_ptr<const WordPiece> tokenizer = {};
  std::int64_t length = 64;  // tokens of a slot; more are cut off, fewer are padded
  /// Share of captions that are dropped, 0…1: drawn anew in every epoch, or, `fixed_drop`, those of
  /// the samples i of the data set with (i mod 100) / 100 below it (M3AE's study of how many
  /// captions are needed, arXiv 2205.14204).
  double drop = 0;
  bool fixed_drop = false;
  /// Of the data set, where an epoch shows samples again (LoaderConfig::sources): what `fixed_drop`
  /// counts by. 0: the numbers of samples are as they are.
  std::int64_t samples = 0;
};

/// The tokens of one caption of each sample, drawn by (seed, epoch, sample) where it has several:
/// tensor "text_ids", int64 [batch, length], padded with 0, and "text_padding", float32 [batch,
/// length], 1 = padding. Without a caption, or where it is dropped or has no token: all ids 0, all
/// padding 1. Throws UsageError for a length below 1 or a share beyond 0…1.
BatchPartFactory text_part(TextPartConfig config);

}  // namespace dbot::data
