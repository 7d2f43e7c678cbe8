#pragma once

#include <filesystem>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/text/tables/labelled_rows.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/run/training_data/training_images.h"

namespace dbot::run {

/// The rows of a source with their labels, as the system's outline asks for them. Throws DataError
/// as data::open_labelled_rows.
data::LabelledRowParts open_rows(const std::filesystem::path& path, const Recipe& recipe,
                                 const core::Log& log);

/// The same as what a run trains on, with the samples that it holds out. Throws UsageError for
/// several sources.
TrainingImages open_training_rows(const std::vector<std::filesystem::path>& paths,
                                  const Recipe& recipe, const core::Log& log);

}  // namespace dbot::run
