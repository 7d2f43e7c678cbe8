#pragma once

#include <filesystem>
#include <memory>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/report/metrics/evaluation_observer.h"
#include "dbot/run/recipe/recipe.h"

namespace dbot::run {

/// The observer that evaluates a run while it trains, as the (resolved) recipe's [evaluate] asks
/// for. Empty if it asks for none, or if the training data have no labels, which is said in the
/// log. Throws DataError if `evaluate.data` is given and cannot be used. `metrics` must outlive the
/// result.
std::unique_ptr<report::EvaluationObserver> make_evaluation_observer(
    const Recipe& recipe, const std::filesystem::path& training_data, report::MetricsFile& metrics,
    const core::StopRequest& stop, const core::Log& log);

}  // namespace dbot::run
