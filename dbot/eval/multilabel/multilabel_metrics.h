#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dbot/eval/multilabel/label_table.h"

// How good sets of labels are: plain arithmetic on arrays, without tensors or networks.
// docs/methods/meta_multilabel.md §4. A quotient whose denominator is 0 counts as 0, as in
// scikit-learn.
namespace dbot::eval {

/// Of one label over all samples, or of anything else that is counted alike.
struct LabelCounts {
  std::int64_t true_positives = 0, false_positives = 0, false_negatives = 0;

  std::int64_t support() const { return true_positives + false_negatives; }
  double precision() const;
  double recall() const;
  /// 2 tp / (2 tp + fp + fn).
  double f1() const;
  LabelCounts& operator+=(const LabelCounts& other);
};

/// A label holds where its score is at least its threshold. `thresholds`: one a label.
std::vector<std::uint8_t> predict(const LabelScores& scores, std::span<const double> thresholds);
/// Adds the label of the highest score to each sample, the first one of several: the usual rule of
/// entity typing, where an entity always has a type.
void add_best_label(const LabelScores& scores, std::span<std::uint8_t> predicted);

/// One entry a label. Throws UsageError where the tables differ in shape, as all below.
std::vector<LabelCounts> count_labels(const LabelSets& truth, const LabelSets& predicted);

/// Measures of sets, in 0…1.
struct SetMeasures {
  double micro_f1 = 0;         // of all counts together
  double macro_f1 = 0;         // mean over all labels
  double weighted_f1 = 0;      // mean over labels, weighted by how often each holds
  double samples_f1 = 0;       // mean over samples
  double hamming_loss = 0;     // share of wrong entries
  double subset_accuracy = 0;  // share of samples whose set is right; in entity typing "strict"
  double jaccard = 0;          // mean over samples of intersection over union
};

SetMeasures measure_sets(const LabelSets& truth, const LabelSets& predicted);

struct PrecisionRecall {
  double precision = 0, recall = 0, f1 = 0;
};

/// As entity typing counts it (Ling & Weld, "Fine-Grained Entity Recognition", AAAI 2012). macro:
/// precision is the mean over samples with a prediction, recall over samples with a label, F1 of
/// these two; micro: pooled.
struct TypingMeasures {
  PrecisionRecall macro, micro;
};

TypingMeasures measure_typing(const LabelSets& truth, const LabelSets& predicted);

/// Names and values of `measures`, as metrics and JSON files have them: "micro_f1", …
std::vector<std::pair<std::string, double>> named(const SetMeasures& measures);

}  // namespace dbot::eval
