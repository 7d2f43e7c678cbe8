#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/report/metrics/evaluation_observer.h"
#include "dbot/run/facts/run_facts.h"
#include "dbot/run/recipe/recipe.h"

namespace dbot::run {

/// What evaluates a run, and what it tells apart.
struct RunEvaluation {
  std::unique_ptr<report::EvaluationObserver> observer;  // null: there is none
  EvaluatedClasses classes = {};
  std::string why_none =
      {};  // labelled data that cannot be used; data without labels are no failure
};

/// The observer that evaluates a run while it trains, as the (resolved) recipe's [evaluate] asks
/// for. None if it asks for none, or if the training data have no labels; the log says so, and
/// names the classes otherwise. `sources` are trained on, of them `trained`; the labels are of the
/// first. A system that learns labels is also judged by what it says of the test images, and leaves
/// predictions.csv, test.json and exhibits.json in the folder of `metrics`. Throws DataError if
/// `evaluate.data` is given and cannot be used. `opening_log` is told of the data. `metrics` must
/// outlive the result.
RunEvaluation make_evaluation(const Recipe& recipe,
                              const std::vector<std::filesystem::path>& sources,
                              const data::Dataset& trained, report::MetricsFile& metrics,
                              const core::StopRequest& stop, const core::Log& log,
                              const core::Log& opening_log);

}  // namespace dbot::run
