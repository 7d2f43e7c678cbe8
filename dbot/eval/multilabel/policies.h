#pragma once

#include <vector>

#include "dbot/eval/multilabel/multilabel_metrics.h"
#include "dbot/eval/multilabel/scored_samples.h"
#include "dbot/eval/multilabel/thresholds.h"

namespace dbot::eval {

/// Thresholds by one policy, and how good they are on samples that they were not chosen on.
struct PolicyFigures {
  Thresholds thresholds;
  SetMeasures sets;
};

/// fixed, one, tuned, and those that were learned, in this order; `learned` may be empty. Throws
/// UsageError where tables do not fit each other, or there are no samples to choose on.
std::vector<PolicyFigures> compare_policies(const ScoredSamples& chosen_on,
                                            const std::vector<double>& learned,
                                            const ScoredSamples& test);

}  // namespace dbot::eval
