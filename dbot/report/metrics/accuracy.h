#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dbot/report/metrics/metrics_record.h"

namespace dbot::report {

/// The accuracies of one protocol that can be compared across a run's evaluations.
struct Comparison {
  std::string protocol;              // the first that was measured of "classifier", "linear", "knn"
  std::optional<double> raw_pixels;  // best top-1 of each network, in percent
  std::optional<double> start;       // of what the run began with
  std::string start_label;           // "untrained network", "start weights"
  struct Trained {
    std::string label;
    double top1 = 0;
    bool ends_stage = false;
    std::int64_t stage = 0;          // counted from 0
    std::int64_t train_samples = 0;  // labelled images that were learnt from
    std::int64_t test_samples = 0;
  };
  /// Points that two networks may differ by chance: two standard errors of a share measured on
  /// the test images, √(p (1 − p) / n), at least half a point.
  double noise = 0.5;
  std::vector<Trained> trained;  // as they were made: "epoch 1", "stage 1", …
};

/// By the first protocol that was measured. Empty if no network was evaluated.
std::optional<Comparison> compare_accuracies(const std::vector<EvaluationRecord>& evaluations);
/// By each protocol that was measured of a trained network or of what the run began with.
std::vector<Comparison> compare_all_accuracies(const std::vector<EvaluationRecord>& evaluations);

}  // namespace dbot::report
