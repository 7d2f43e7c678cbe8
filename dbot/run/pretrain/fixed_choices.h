#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/dataset.h"
#include "dbot/run/recipe/recipe.h"

// What every checkpoint remembers beside the recipe: a run goes on with the same data only.
namespace dbot::run {

/// As JSON, for a resolved recipe on this machine. `texts`: checksum of vocabulary and texts, empty
/// where none are read.
std::string fixed_choices(const Recipe& recipe, const data::Dataset& dataset,
                          const std::vector<std::filesystem::path>& data, const std::string& texts);

/// Compares those of a checkpoint with those of now. Throws DataError if the data are not the ones
/// the run was begun with; warns where the run goes on but not bit for bit.
void check_fixed_choices(const std::string& stored, const std::string& now,
                         const data::Dataset& dataset, const core::Log& log);

}  // namespace dbot::run
