#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/methods/method.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/training_data/training_texts.h"
#include "dbot/train/observer.h"

namespace dbot::run {

/// A method as it stood at a checkpoint: student with decoder, and teacher.
struct StoredMethod {
  Recipe recipe;        // the run's
  TrainingTexts texts;  // its vocabulary, where it reads texts
  std::unique_ptr<methods::Method> method;
  train::TrainState state;
};

/// The method of a resolved recipe as it stood in `state`. `words`: by the ids of its tokens, for
/// what it shows.
std::unique_ptr<methods::Method> stored_method(const Recipe& recipe, std::int64_t stage,
                                               const runtime::NamedTensors& state,
                                               std::vector<std::string> words = {});

/// Rebuilds the method from a run folder (its newest whole checkpoint) or from one of its
/// checkpoint folders, whose run holds the recipe. Trains nothing and writes nothing. Throws
/// UsageError for a weights file, which holds an encoder alone; DataError for what is missing or
/// broken.
StoredMethod load_stored_method(const std::filesystem::path& path, const core::Log& log);

/// What a stored method can do with mixtures of two images. Throws UsageError, naming `operation`
/// and the path it came from, for one that takes none apart.
const methods::MixtureCapability& mixtures_of(const StoredMethod& stored, const char* operation,
                                              const std::filesystem::path& path);

}  // namespace dbot::run
