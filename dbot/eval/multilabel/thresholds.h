#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/eval/multilabel/label_table.h"

// From which score on a label is said to hold, chosen on samples that are not tested on.
namespace dbot::eval {

/// fixed: 0.5. one: a single threshold, tuned for micro F1. tuned: one a label, tuned for its F1.
/// learned: by a learner (learned_thresholds.h, or a network that was trained with one).
enum class ThresholdPolicy { fixed, one, tuned, learned };

/// "fixed", "one", "tuned", "learned".
std::string_view to_text(ThresholdPolicy policy);

/// Where to cut, and the F1 there.
struct Cut {
  double threshold = 0.5;
  double f1 = 0;
};

/// The best F1 among the candidates 0, the middle of each two neighbouring scores that differ, and
/// 1; the lowest of equals, so 0 where nothing holds. docs/methods/meta_multilabel.md §4. Throws
/// UsageError where the spans differ in length.
Cut best_cut(std::span<const double> scores, std::span<const std::uint8_t> truth);

struct Thresholds {
  ThresholdPolicy policy = ThresholdPolicy::fixed;
  std::vector<double> values;  // one a label
  /// Of each label on the samples that the thresholds were chosen on; for fixed ones as well.
  std::vector<double> f1;
};

/// `policy` is fixed, one or tuned. A label that holds nowhere, or whose
/// best F1 is below 0.1, keeps 0.5: a threshold near 0 would give it to every sample (Yang, "A
/// study of thresholding strategies for text categorization", SIGIR 2001). Throws UsageError where
/// the tables differ in shape, hold no sample, or the policy is another.
Thresholds choose_thresholds(ThresholdPolicy policy, const LabelScores& scores,
                             const LabelSets& truth);
/// Thresholds that come from elsewhere, with their F1 on these samples.
Thresholds judged_thresholds(ThresholdPolicy policy, std::vector<double> values,
                             const LabelScores& scores, const LabelSets& truth);

/// What thresholds.json holds: {"policy": …, "thresholds": [{"label", "threshold", "f1"}, …]}.
std::string to_json(const Thresholds& thresholds, const std::vector<std::string>& labels);

}  // namespace dbot::eval
