#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dbot/core/stop.h"
#include "dbot/eval/multilabel/scored_samples.h"

namespace dbot::eval {

/// A linear classifier of several labels on frozen features.
struct LinearLabelsConfig {
  std::int64_t epochs = 50;
  std::int64_t batch_size = 256;
  double learning_rate = 1e-2;  // of Adam
  double held_out = 0.1;        // share of the training samples that thresholds are chosen on
  std::uint64_t seed = 0;       // of what is held out, and of the order
};

/// Features and what holds: float32 [samples, width], [samples, labels].
struct LabelledFeatures {
  at::Tensor features, truth;
};

struct LinearLabels {
  ScoredSamples held_out, test;
  std::int64_t learned = 0;  // samples
};

/// Trains on standardised features with the sum over labels of the cross entropy, and scores what
/// was held out and what is tested on. Throws UsageError for tables that do not fit and for fewer
/// than two training samples, Stopped when asked to stop.
LinearLabels train_linear_labels(const LabelledFeatures& train, const LabelledFeatures& test,
                                 const LinearLabelsConfig& config, const core::StopRequest& stop);

}  // namespace dbot::eval
