#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/batch_part.h"
#include "dbot/data/dataset.h"
#include "dbot/eval/frozen/evaluation.h"
#include "dbot/eval/multilabel/policies.h"
#include "dbot/eval/multilabel/ranking_measures.h"
#include "dbot/eval/multilabel/scored_samples.h"
#include "dbot/methods/capabilities/labelling_capability.h"

// What a method that gives samples several labels says of test samples, with thresholds by each
// policy beside those that it has learned.
namespace dbot::eval {

struct LabellerPass {
  std::vector<data::BatchPartFactory> parts;  // what the method reads, and the label set
  std::int64_t batch_size = 256;
  int workers = 1;
};

/// Every sample of a data set once, in order. Throws Stopped when asked to stop.
ScoredSamples score_samples(const methods::LabellingCapability& labeller,
                            std::shared_ptr<const data::Dataset> dataset, const LabellerPass& pass,
                            const core::StopRequest& stop, const core::Log& log);

/// Rows for metrics: protocol "labels", `features` the policy, fractions as figures; the ranking's
/// measures, which no threshold changes, stand in each.
std::vector<EvaluationRow> rows_of(const std::vector<PolicyFigures>& policies,
                                   const RankingMeasures& ranking, const ScoredSamples& chosen_on,
                                   const ScoredSamples& test);

}  // namespace dbot::eval
