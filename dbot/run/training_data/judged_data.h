#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/sources/open.h"
#include "dbot/run/recipe/recipe.h"

namespace dbot::run {

/// The labelled data that a run's features are judged on: those of `evaluate.data`, else of the
/// first source. A system that reads clips is judged on videos, or, where `evaluate.data` names
/// images, on these. Labels are a bonus: where the sources have none there is no result, which the
/// log is told; `why_none` gets what is wrong with those that have. Throws DataError if
/// `evaluate.data` is given and cannot be used.
std::optional<data::LabelledSplits> open_judged_data(
    const Recipe& recipe, const std::vector<std::filesystem::path>& sources, std::string& why_none,
    const core::Log& log);

}  // namespace dbot::run
