#pragma once

#include <cstdint>
#include <vector>

#include "dbot/eval/multilabel/label_table.h"
#include "dbot/objectives/label_sets.h"

namespace dbot::eval {

struct ThresholdLearning {
  objectives::LabelReward reward = objectives::LabelReward::soft_f1;  // one with a gradient
  std::int64_t steps = 400;                                           // of Adam
  double learning_rate = 0.05;
};

/// Thresholds between 0.05 and 0.95 that climb the gradient of a reward on these samples, from 0.5
/// each: what a meta-learner whose thresholds learn by `direct` comes to with scores that stay as
/// they are. docs/methods/meta_multilabel.md §3. Throws UsageError where the tables differ in
/// shape, hold no sample, or the reward has no gradient.
std::vector<double> learn_thresholds(const LabelScores& scores, const LabelSets& truth,
                                     const ThresholdLearning& learning = {});

}  // namespace dbot::eval
