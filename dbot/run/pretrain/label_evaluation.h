#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/eval/frozen/evaluation.h"
#include "dbot/methods/method.h"
#include "dbot/run/recipe/recipe.h"

namespace dbot::run {

/// What evaluates a system that gives samples several labels: its figures on the part to test on,
/// with thresholds by each policy, chosen on what the run holds out. The newest thresholds that it
/// has learned stand in `folder`, thresholds.json. Reads the data of `source` at once. Throws
/// DataError.
std::function<std::vector<eval::EvaluationRow>(const methods::Method&)> label_evaluation(
    const Recipe& recipe, const std::filesystem::path& source, const std::filesystem::path& folder,
    const core::StopRequest& stop, const core::Log& log);

}  // namespace dbot::run
