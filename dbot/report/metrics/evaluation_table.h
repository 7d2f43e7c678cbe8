#pragma once

#include <limits>
#include <string>
#include <vector>

#include "dbot/report/metrics/metrics_record.h"

namespace dbot::report {

/// The table at the end of a run: a row for each evaluation, a column for each protocol and
/// feature, accuracies in percent; further figures have columns of their own, in units of their
/// own. `with_top5` adds top-5 beside each top-1. Evaluations inside a
/// stage ("epoch 40") are left out unless `every` is set. `chance`, in percent, gets a row of its
/// own, the first; NaN: none. Empty if there is no evaluation.
std::string evaluation_table(const std::vector<EvaluationRecord>& evaluations, bool with_top5,
                             bool every = false,
                             double chance = std::numeric_limits<double>::quiet_NaN());

/// A further figure of an evaluation: four digits, "-" for one that was not measured.
std::string figure_text(double value);

/// "knn" → "k-NN"; other names as they are.
std::string protocol_title(const std::string& protocol);

}  // namespace dbot::report
