#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dbot/eval/frozen/evaluation.h"
#include "dbot/report/moment.h"

// What one line of metrics.jsonl says. Keys: docs/run-folder.md.
namespace dbot::report {

using eval::EvaluationRow;

/// All accuracies of one network at one moment. `label` is unique in a run: "raw pixels",
/// "untrained network", "stage 2", "epoch 40"; `moment` says which of these it is.
struct EvaluationRecord {
  std::string label;
  std::int64_t step = 0;
  std::int64_t stage = 0;  // counted from 0
  double epoch = 0;
  std::vector<EvaluationRow> results;
  double seconds = 0;  // all in all, the features included
  Moment moment = Moment::epoch;
};

/// Any line, as it was read.
struct MetricsRecord {
  std::string type;  // "begin", "plan", "step", "validation", "stage", "evaluation", "end"
  std::int64_t step = 0;
  std::map<std::string, double> numbers;  // null is NaN, true is 1; scalars are "scalars.NAME"
  std::map<std::string, std::string> texts;
  std::vector<EvaluationRow> results;  // of an evaluation
};

/// Of an evaluation.
Moment moment_of(const MetricsRecord& record);

}  // namespace dbot::report
