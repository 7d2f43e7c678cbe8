#pragma once

#include <cstdint>

#include "dbot/run/start/start_facts.h"

namespace dbot::run {

/// What a run will cost, item by item: seconds, and bytes at its peak.
struct StartForecast {
  double looking = 0;  // at data and machine, before the run
  double set_up = 0;   // finding the images again, networks, files
  double training = 0;
  double evaluations = 0, pictures = 0;
  double memory_bytes = 0;
  double run_seconds() const { return set_up + training + evaluations + pictures; }
  double total_seconds() const { return looking + run_seconds(); }
};

/// Labelled images that evaluations look at; none: there are no evaluations.
struct StartLabels {
  std::int64_t train = 0, test = 0;
  bool any() const { return train > 0; }
};

/// Seconds of k-NN and linear probe on features of `numbers` an image, as eval/frozen computes
/// them. `flops` as in StartCosts.
double protocol_seconds(const StartLabels& labels, double numbers, double classes, double flops);

/// Seconds of all evaluations of a run: raw pixels, the untrained network and each stage.
double evaluation_seconds(const StartLabels& labels, const StartShape& shape, const StartData& data,
                          const StartCosts& costs, std::int64_t stages);

/// As many labelled images as evaluations may take of the time; none where too few would be left.
StartLabels affordable_labels(const StartShape& shape, const StartData& data,
                              const StartCosts& costs, std::int64_t stages, double seconds);

}  // namespace dbot::run
