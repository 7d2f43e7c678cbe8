#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/batch_part.h"
#include "dbot/data/dataset.h"
#include "dbot/eval/frozen/evaluation.h"
#include "dbot/eval/multilabel/label_table.h"
#include "dbot/eval/multilabel/multilabel_metrics.h"
#include "dbot/eval/multilabel/ranking_measures.h"
#include "dbot/eval/multilabel/thresholds.h"
#include "dbot/methods/capabilities/labelling_capability.h"

// What a method that gives samples several labels says of test samples, with thresholds by each
// policy beside those that it has learned.
namespace dbot::eval {

/// Scores of samples and what holds of them, in memory.
struct ScoredSamples {
  std::vector<double> score_values;
  std::vector<std::uint8_t> truth_values;
  std::size_t labels = 0;

  LabelScores scores() const { return {score_values, labels}; }
  LabelSets truth() const { return {truth_values, labels}; }
};

struct LabellerPass {
  std::vector<data::BatchPartFactory> parts;  // what the method reads, and the label set
  std::int64_t batch_size = 256;
  int workers = 1;
};

/// Every sample of a data set once, in order. Throws Stopped when asked to stop.
ScoredSamples score_samples(const methods::LabellingCapability& labeller,
                            std::shared_ptr<const data::Dataset> dataset, const LabellerPass& pass,
                            const core::StopRequest& stop, const core::Log& log);

/// Thresholds by one policy, and how good they are on samples that they were not chosen on.
struct PolicyFigures {
  Thresholds thresholds;
  SetMeasures sets;
};

/// fixed, one, tuned, and those that were learned, in this order; `learned` may be empty. Throws
/// UsageError where tables do not fit each other, or there are no samples to choose on.
std::vector<PolicyFigures> compare_policies(const LabelScores& chosen_on,
                                            const LabelSets& chosen_truth,
                                            const std::vector<double>& learned,
                                            const LabelScores& test, const LabelSets& test_truth);

/// Rows for metrics: protocol "labels", `features` the policy, fractions as figures; the ranking's
/// measures, which no threshold changes, stand in each.
std::vector<EvaluationRow> rows_of(const std::vector<PolicyFigures>& policies,
                                   const RankingMeasures& ranking, const ScoredSamples& chosen_on,
                                   const ScoredSamples& test);

}  // namespace dbot::eval
