#include "dbot/eval/multilabel/multilabel_metrics.h"

#include <algorithm>

#include "dbot/eval/multilabel/same_shape.h"

namespace dbot::eval {
namespace {

double share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double harmonic_mean(double first, double second) {
  return first + second == 0 ? 0 : 2 * first * second / (first + second);
}

LabelCounts count_row(std::span<const std::uint8_t> truth,
                      std::span<const std::uint8_t> predicted) {
  LabelCounts counts;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const bool holds = truth[i] != 0, said = predicted[i] != 0;
    counts.true_positives += holds && said ? 1 : 0;
    counts.false_positives += !holds && said ? 1 : 0;
    counts.false_negatives += holds && !said ? 1 : 0;
  }
  return counts;
}

LabelCounts sum_of(const std::vector<LabelCounts>& counts) {
  LabelCounts sum;
  for (const LabelCounts& one : counts) sum += one;
  return sum;
}

/// Of the counts of labels.
void average_labels(const std::vector<LabelCounts>& counts, SetMeasures& measures) {
  const LabelCounts pooled = sum_of(counts);
  double f1 = 0, weighted = 0;
  for (const LabelCounts& one : counts) {
    f1 += one.f1();
    weighted += one.f1() * static_cast<double>(one.support());
  }
  measures.micro_f1 = pooled.f1();
  measures.macro_f1 = counts.empty() ? 0 : f1 / static_cast<double>(counts.size());
  measures.weighted_f1 =
      pooled.support() == 0 ? 0 : weighted / static_cast<double>(pooled.support());
}

}  // namespace

double LabelCounts::precision() const {
  return share(true_positives, true_positives + false_positives);
}

double LabelCounts::recall() const {
  return share(true_positives, support());
}

double LabelCounts::f1() const {
  return share(2 * true_positives, 2 * true_positives + false_positives + false_negatives);
}

LabelCounts& LabelCounts::operator+=(const LabelCounts& other) {
  true_positives += other.true_positives;
  false_positives += other.false_positives;
  false_negatives += other.false_negatives;
  return *this;
}

std::vector<std::uint8_t> predict(const LabelScores& scores, std::span<const double> thresholds) {
  require_labels(scores.labels, thresholds.size(), "thresholds");
  std::vector<std::uint8_t> predicted(scores.values.size());
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    predicted[i] = scores.values[i] >= thresholds[i % scores.labels] ? 1 : 0;
  }
  return predicted;
}

void add_best_label(const LabelScores& scores, std::span<std::uint8_t> predicted) {
  require_same_shape(scores, LabelSets{predicted, scores.labels});
  for (std::size_t sample = 0; sample < scores.samples(); ++sample) {
    const auto row = scores.row(sample);
    const auto best = std::ranges::max_element(row) - row.begin();
    predicted[sample * scores.labels + static_cast<std::size_t>(best)] = 1;
  }
}

std::vector<LabelCounts> count_labels(const LabelSets& truth, const LabelSets& predicted) {
  require_same_shape(truth, predicted);
  std::vector<LabelCounts> counts(truth.labels);
  for (std::size_t sample = 0; sample < truth.samples(); ++sample) {
    for (std::size_t label = 0; label < truth.labels; ++label) {
      counts[label] +=
          count_row(truth.row(sample).subspan(label, 1), predicted.row(sample).subspan(label, 1));
    }
  }
  return counts;
}

SetMeasures measure_sets(const LabelSets& truth, const LabelSets& predicted) {
  SetMeasures measures;
  const std::vector<LabelCounts> counts = count_labels(truth, predicted);
  average_labels(counts, measures);
  const std::size_t samples = truth.samples();
  if (samples == 0) return measures;
  std::int64_t wrong = 0, right_sets = 0;
  for (std::size_t sample = 0; sample < samples; ++sample) {
    const LabelCounts row = count_row(truth.row(sample), predicted.row(sample));
    const std::int64_t errors = row.false_positives + row.false_negatives;
    wrong += errors;
    right_sets += errors == 0 ? 1 : 0;
    measures.samples_f1 += row.f1();
    measures.jaccard += share(row.true_positives, row.true_positives + errors);
  }
  const auto count = static_cast<double>(samples);
  measures.samples_f1 /= count;
  measures.jaccard /= count;
  measures.hamming_loss = static_cast<double>(wrong) / (count * static_cast<double>(truth.labels));
  measures.subset_accuracy = static_cast<double>(right_sets) / count;
  return measures;
}

TypingMeasures measure_typing(const LabelSets& truth, const LabelSets& predicted) {
  require_same_shape(truth, predicted);
  TypingMeasures measures;
  LabelCounts pooled;
  std::int64_t with_prediction = 0, with_label = 0;
  for (std::size_t sample = 0; sample < truth.samples(); ++sample) {
    const LabelCounts row = count_row(truth.row(sample), predicted.row(sample));
    pooled += row;
    with_prediction += row.true_positives + row.false_positives > 0 ? 1 : 0;
    with_label += row.support() > 0 ? 1 : 0;
    measures.macro.precision += row.precision();
    measures.macro.recall += row.recall();
  }
  const auto mean = [](double sum, std::int64_t count) {
    return count == 0 ? 0 : sum / static_cast<double>(count);
  };
  measures.macro.precision = mean(measures.macro.precision, with_prediction);
  measures.macro.recall = mean(measures.macro.recall, with_label);
  measures.macro.f1 = harmonic_mean(measures.macro.precision, measures.macro.recall);
  measures.micro = {pooled.precision(), pooled.recall(),
                    harmonic_mean(pooled.precision(), pooled.recall())};
  return measures;
}

std::vector<std::pair<std::string, double>> named(const SetMeasures& measures) {
  return {{"micro_f1", measures.micro_f1},
          {"macro_f1", measures.macro_f1},
          {"weighted_f1", measures.weighted_f1},
          {"samples_f1", measures.samples_f1},
          {"hamming_loss", measures.hamming_loss},
          {"subset_accuracy", measures.subset_accuracy},
          {"jaccard", measures.jaccard}};
}

}  // namespace dbot::eval
