#include "dbot/eval/multilabel/policies.h"

#include <utility>

namespace dbot::eval {

std::vector<PolicyFigures> compare_policies(const ScoredSamples& chosen_on,
                                            const std::vector<double>& learned,
                                            const ScoredSamples& test) {
  std::vector<Thresholds> all;
  for (const ThresholdPolicy policy :
       {ThresholdPolicy::fixed, ThresholdPolicy::one, ThresholdPolicy::tuned}) {
    all.push_back(choose_thresholds(policy, chosen_on.scores(), chosen_on.truth()));
  }
  if (!learned.empty()) {
    all.push_back(judged_thresholds(ThresholdPolicy::learned, learned, chosen_on.scores(),
                                    chosen_on.truth()));
  }
  std::vector<PolicyFigures> figures;
  figures.reserve(all.size());
  for (Thresholds& thresholds : all) {
    const auto predicted = predict(test.scores(), thresholds.values);
    const SetMeasures sets = measure_sets(test.truth(), {predicted, test.labels});
    figures.push_back({std::move(thresholds), sets});
  }
  return figures;
}

}  // namespace dbot::eval
