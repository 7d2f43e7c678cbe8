#pragma once

#include <filesystem>

#include "dbot/core/log.h"
#include "dbot/methods/method.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/training_data/training_images.h"
#include "dbot/run/training_data/training_texts.h"
#include "dbot/train/validation.h"

namespace dbot::run {

/// What judges the stages of a run, as the (resolved) recipe's [validation] asks for: images of
/// val/, test/ or another part of the first source that is not trained on; for a system that learns
/// labels those that `training` holds out. Without a loader if it asks for none. Throws UsageError,
/// naming the key that asks, where there are none or none has a caption that is read, and for a
/// method without a figure. The log is
/// told of unreadable images once.
train::ValidationSettings open_validation(const Recipe& recipe, const std::filesystem::path& source,
                                          const TrainingImages& training,
                                          const TrainingTexts& texts, const methods::Method& method,
                                          const core::Log& log);

}  // namespace dbot::run
