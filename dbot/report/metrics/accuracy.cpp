#include "dbot/report/metrics/accuracy.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dbot::report {
namespace {

// Of the features that were evaluated, the best one counts: which it is differs between networks.
std::optional<double> best(const EvaluationRecord& evaluation, const std::string& protocol) {
  std::optional<double> highest;
  for (const EvaluationRow& row : evaluation.results) {
    if (row.protocol != protocol || !std::isfinite(row.top1)) continue;
    highest = std::max(highest.value_or(row.top1), row.top1);
  }
  return highest;
}

double noise_of(const EvaluationRecord& evaluation, double top1) {
  const auto images = static_cast<double>(evaluation.results.front().test_samples);
  const double share = std::clamp(top1 / 100, 0.0, 1.0);
  return images > 0 ? std::max(0.5, 200 * std::sqrt(share * (1 - share) / images)) : 0.5;
}

Comparison compare(const std::vector<EvaluationRecord>& evaluations, const std::string& protocol) {
  Comparison comparison;
  comparison.protocol = protocol;
  for (const EvaluationRecord& evaluation : evaluations) {
    const auto top1 = best(evaluation, protocol);
    if (!top1) continue;
    if (evaluation.moment == Moment::pixels) {
      comparison.raw_pixels = top1;
    } else if (evaluation.moment == Moment::start) {
      comparison.start = top1;
      comparison.start_label = evaluation.label;
    } else {
      const EvaluationRow& row = evaluation.results.front();
      comparison.trained.push_back({evaluation.label, *top1, evaluation.moment == Moment::stage,
                                    evaluation.stage, row.train_samples, row.test_samples});
      comparison.noise = noise_of(evaluation, *top1);
    }
  }
  return comparison;
}

}  // namespace

std::vector<Comparison> compare_all_accuracies(const std::vector<EvaluationRecord>& evaluations) {
  std::vector<Comparison> comparisons;
  for (const char* protocol : {"classifier", "linear", "knn"}) {
    Comparison comparison = compare(evaluations, protocol);
    if (comparison.trained.empty() && !comparison.start) continue;
    comparisons.push_back(std::move(comparison));
  }
  return comparisons;
}

std::optional<Comparison> compare_accuracies(const std::vector<EvaluationRecord>& evaluations) {
  std::vector<Comparison> comparisons = compare_all_accuracies(evaluations);
  if (comparisons.empty()) return std::nullopt;
  return std::move(comparisons.front());
}

}  // namespace dbot::report
