#pragma once

#include <filesystem>

#include "dbot/core/log.h"
#include "dbot/run/recipe/recipe.h"
#include "dbot/runtime/precision.h"

// What the ways to draw with a stored method share.
namespace dbot::run {

/// Throws UsageError unless the folder is new, empty, or has earlier pictures.
void check_picture_folder(const std::filesystem::path& out);

/// Makes it ready for a set. A folder without pictures.json is not taken for a set until the new
/// one is whole. The note keeps half a set from being taken for data. Throws Error.
void prepare_picture_folder(const std::filesystem::path& out);

/// What is asked for; automatic: the run's, where this processor has it.
runtime::Precision asked_precision(runtime::PrecisionRequest asked, const Recipe& recipe,
                                   const core::Log& log);

}  // namespace dbot::run
