#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dbot/report/metrics_record.h"

namespace dbot::report {

/// The accuracies of one protocol that can be compared across a run's evaluations.
struct Comparison {
  std::string protocol;              // "knn" if it was measured, else "linear"
  std::optional<double> raw_pixels;  // best top-1 of each network, in percent
  std::optional<double> untrained;
  struct Trained {
    std::string label;
    double top1 = 0;
  };
  std::vector<Trained> trained;  // as they were made: "epoch 1", "stage 1", …
};

/// Empty if no network was evaluated.
std::optional<Comparison> compare_accuracies(const std::vector<EvaluationRecord>& evaluations);

}  // namespace dbot::report
