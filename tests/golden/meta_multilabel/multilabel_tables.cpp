#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/eval/multilabel/multilabel_metrics.h"
#include "dbot/eval/multilabel/ranking_measures.h"
#include "dbot/eval/multilabel/thresholds.h"
#include "tests/golden/support/registry.h"

namespace dbot::golden {
namespace {

constexpr double kMetricLimit = 1e-9;

template <typename Value>
std::vector<Value> values_of(const at::Tensor& tensor, at::ScalarType type) {
  const at::Tensor copy = tensor.to(type).contiguous();
  const Value* begin = copy.const_data_ptr<Value>();
  return std::vector<Value>(begin, begin + copy.numel());
}

at::Tensor doubles(const std::vector<double>& values, at::IntArrayRef shape) {
  return at::tensor(values, at::kDouble).reshape(shape);
}

at::Tensor numbers_of(const std::vector<std::uint8_t>& sets, std::int64_t labels) {
  return at::tensor(std::vector<std::int64_t>(sets.begin(), sets.end()), at::kLong)
      .reshape({-1, labels});
}

at::Tensor row_of(const eval::PrecisionRecall& measures) {
  return doubles({measures.precision, measures.recall, measures.f1}, {3});
}

/// Everything that is measured of one table of predictions; `prefix` is "0." or "0.argmax.".
void compare_sets(const std::string& prefix, const eval::LabelSets& truth,
                  const eval::LabelSets& predicted, Comparison& comparison) {
  std::vector<std::int64_t> counted;
  std::vector<double> f1;
  const auto counts = eval::count_labels(truth, predicted);
  for (const auto& one : counts) counted.push_back(one.true_positives);
  for (const auto& one : counts) counted.push_back(one.false_positives);
  for (const auto& one : counts) counted.push_back(one.false_negatives);
  for (const auto& one : counts) f1.push_back(one.f1());
  const std::int64_t labels = std::ssize(counts);
  comparison.exact(prefix + "tp_fp_fn", at::tensor(counted, at::kLong).reshape({3, labels}));
  comparison.scaled(prefix + "per_label_f1", doubles(f1, {labels}), kMetricLimit);
  const eval::SetMeasures sets = eval::measure_sets(truth, predicted);
  for (const auto& [name, value] : eval::named(sets)) {
    const std::string theirs = name == "jaccard" ? "jaccard_samples" : name;
    comparison.scaled(prefix + theirs, doubles({value}, {}), kMetricLimit);
  }
  const eval::TypingMeasures typing = eval::measure_typing(truth, predicted);
  comparison.scaled(prefix + "typing_strict", doubles({sets.subset_accuracy}, {}), kMetricLimit);
  comparison.scaled(prefix + "typing_macro_prf", row_of(typing.macro), kMetricLimit);
  comparison.scaled(prefix + "typing_micro_prf", row_of(typing.micro), kMetricLimit);
}

void compare_ranking(const std::string& prefix, const eval::LabelScores& scores,
                     const eval::LabelSets& truth, Comparison& comparison) {
  const auto labels = static_cast<std::int64_t>(scores.labels);
  comparison.scaled(prefix + "ap", doubles(eval::average_precisions(scores, truth), {labels}),
                    kMetricLimit);
  for (const auto& [name, value] : eval::named(eval::measure_ranking(scores, truth))) {
    const std::string theirs = name == "map" ? "map_present_labels" : name;
    comparison.scaled(prefix + theirs, doubles({value}, {}), kMetricLimit);
  }
  // The bare rule: a label that holds nowhere gets 0 by it.
  std::vector<double> cuts;
  for (std::size_t label = 0; label < scores.labels; ++label) {
    std::vector<double> column;
    std::vector<std::uint8_t> holds;
    for (std::size_t sample = 0; sample < scores.samples(); ++sample) {
      column.push_back(scores.at(sample, label));
      holds.push_back(truth.at(sample, label));
    }
    const eval::Cut cut = eval::best_cut(column, holds);
    cuts.insert(cuts.end(), {cut.threshold, cut.f1});
  }
  comparison.scaled(prefix + "tuned_threshold_f1", doubles(cuts, {labels, 2}), kMetricLimit);
}

void compare_case(const Fixture& fixture, const std::string& prefix, Comparison& comparison) {
  const std::int64_t labels = fixture.peek(prefix + "y").size(1);
  const auto count = static_cast<std::size_t>(labels);
  const auto y = values_of<std::uint8_t>(fixture.at(prefix + "y"), at::kByte);
  const auto prob = values_of<double>(fixture.at(prefix + "prob"), at::kDouble);
  const auto thresholds = values_of<double>(fixture.at(prefix + "threshold"), at::kDouble);
  const eval::LabelSets truth{y, count};
  const eval::LabelScores scores{prob, count};
  std::vector<std::uint8_t> predicted = eval::predict(scores, thresholds);
  comparison.exact(prefix + "pred", numbers_of(predicted, labels));
  compare_sets(prefix, truth, {predicted, count}, comparison);
  eval::add_best_label(scores, predicted);
  comparison.exact(prefix + "pred_argmax", numbers_of(predicted, labels));
  compare_sets(prefix + "argmax.", truth, {predicted, count}, comparison);
  compare_ranking(prefix, scores, truth, comparison);
}

}  // namespace

void check_multilabel_metrics(const Fixture& fixture, Comparison& comparison) {
  int cases = 0;
  for (; fixture.has(std::to_string(cases) + ".y"); ++cases) {
    compare_case(fixture, std::to_string(cases) + ".", comparison);
  }
  comparison.truth("four tables", cases == 4);
}

}  // namespace dbot::golden
