#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/text/text_dataset.h"
#include "dbot/data/text/word_piece.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/training_data/training_images.h"

namespace dbot::run {

/// What a run reads of texts beside the captions that its images have.
struct TrainingTexts {
  std::shared_ptr<const data::WordPiece> tokenizer = {};   // null: the system reads no texts
  std::shared_ptr<const data::TextDataset> unpaired = {};  // null: none
  std::string checksum = {};  // of vocabulary and all texts: a run goes on with the same alone
};

/// The vocabulary that the recipe names, or one that is learned from the captions of `images` and
/// the unpaired texts, with at most text.vocabulary_size tokens and the same on every machine. The
/// log is told how the texts are cut. Empty for a system that reads no texts. Throws DataError for
/// files that cannot be read, UsageError for a vocabulary of more tokens than the network knows.
TrainingTexts open_training_texts(const TrainingImages& images, const Recipe& recipe,
                                  const core::Log& log);

/// Where a run folder keeps its vocabulary.
std::filesystem::path vocabulary_of(const std::filesystem::path& run);

/// The vocabulary of a stored run; nothing where it read no texts.
TrainingTexts stored_texts(const std::filesystem::path& run);

}  // namespace dbot::run
