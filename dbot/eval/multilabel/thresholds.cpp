#include "dbot/eval/multilabel/thresholds.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/eval/multilabel/multilabel_metrics.h"
#include "dbot/eval/multilabel/same_shape.h"

namespace dbot::eval {
namespace {

constexpr double kUsualThreshold = 0.5;
/// Of a label: below it a threshold is chance, and would give the label to many samples.
constexpr double kLeastF1 = 0.1;

bool holds_somewhere(std::span<const std::uint8_t> truth) {
  return std::ranges::any_of(truth, [](auto holds) { return holds != 0; });
}

/// The column of a label, copied.
template <typename Value>
std::vector<Value> column_of(const LabelTable<Value>& table, std::size_t label) {
  std::vector<Value> column(table.samples());
  for (std::size_t sample = 0; sample < column.size(); ++sample) {
    column[sample] = table.at(sample, label);
  }
  return column;
}

/// Between two scores, above the lower one: neighbouring doubles have no middle of their own.
double middle(double lower, double higher) {
  const double between = lower + (higher - lower) / 2;
  return between > lower ? between : higher;
}

std::vector<std::size_t> rising_order(std::span<const double> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](auto a, auto b) { return scores[a] < scores[b]; });
  return order;
}

std::vector<double> tuned_values(const LabelScores& scores, const LabelSets& truth) {
  std::vector<double> values(scores.labels, kUsualThreshold);
  for (std::size_t label = 0; label < values.size(); ++label) {
    const Cut cut = best_cut(column_of(scores, label), column_of(truth, label));
    if (cut.f1 >= kLeastF1) values[label] = cut.threshold;
  }
  return values;
}

}  // namespace

std::string_view to_text(ThresholdPolicy policy) {
  switch (policy) {
    case ThresholdPolicy::fixed:
      return "fixed";
    case ThresholdPolicy::one:
      return "one";
    case ThresholdPolicy::tuned:
      return "tuned";
    case ThresholdPolicy::learned:
      break;
  }
  return "learned";
}

Cut best_cut(std::span<const double> scores, std::span<const std::uint8_t> truth) {
  if (scores.empty() && truth.empty()) return {};
  require_labels(scores.size(), truth.size(), "truths");
  const std::int64_t positives =
      std::ranges::count_if(truth, [](auto holds) { return holds != 0; });
  if (positives == 0) return {0, 0};
  const auto order = rising_order(scores);
  LabelCounts counts{.true_positives = positives,
                     .false_positives = static_cast<std::int64_t>(scores.size()) - positives};
  Cut best{0, counts.f1()};
  const auto consider = [&](double threshold) {
    if (counts.f1() > best.f1) best = {threshold, counts.f1()};
  };
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double here = scores[order[i]];
    if (i > 0 && scores[order[i - 1]] < here) consider(middle(scores[order[i - 1]], here));
    if (here >= 1) return best;  // a threshold of 1 still takes these
    const bool holds = truth[order[i]] != 0;
    counts.true_positives -= holds ? 1 : 0;
    counts.false_negatives += holds ? 1 : 0;
    counts.false_positives -= holds ? 0 : 1;
  }
  return best;  // a threshold of 1 takes nothing
}

Thresholds judged_thresholds(ThresholdPolicy policy, std::vector<double> values,
                             const LabelScores& scores, const LabelSets& truth) {
  require_same_shape(scores, truth);
  const std::vector<std::uint8_t> predicted = predict(scores, values);
  const auto counts = count_labels(truth, {predicted, scores.labels});
  Thresholds thresholds{policy, std::move(values), {}};
  thresholds.f1.reserve(counts.size());
  for (const LabelCounts& one : counts) thresholds.f1.push_back(one.f1());
  return thresholds;
}

Thresholds choose_thresholds(ThresholdPolicy policy, const LabelScores& scores,
                             const LabelSets& truth) {
  require_same_shape(scores, truth);
  if (scores.samples() == 0) throw UsageError("[multi-label] there are no samples to tune on");
  std::vector<double> values(scores.labels, kUsualThreshold);
  if (policy == ThresholdPolicy::one) {
    if (holds_somewhere(truth.values)) {
      std::ranges::fill(values, best_cut(scores.values, truth.values).threshold);
    }
  } else if (policy == ThresholdPolicy::tuned) {
    values = tuned_values(scores, truth);
  } else if (policy == ThresholdPolicy::learned) {
    throw UsageError("[multi-label] learned thresholds are made by a learner, not by a rule");
  }
  return judged_thresholds(policy, std::move(values), scores, truth);
}

std::string to_json(const Thresholds& thresholds, const std::vector<std::string>& labels) {
  require_labels(labels.size(), thresholds.values.size(), "thresholds");
  nlohmann::ordered_json json{{"policy", to_text(thresholds.policy)},
                              {"thresholds", nlohmann::ordered_json::array()}};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    json["thresholds"].push_back(
        {{"label", labels[i]}, {"threshold", thresholds.values[i]}, {"f1", thresholds.f1.at(i)}});
  }
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace dbot::eval
