#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dbot/core/progress.h"
#include "dbot/core/stop.h"

namespace dbot::eval {

struct KnnConfig {
  std::int64_t neighbours = 20;
  double temperature = 0.07;
};

struct KnnResult {
  at::Tensor neighbours;      // int64 [test, k], by similarity descending, ties by index
  at::Tensor similarity;      // float32 [test, k]
  at::Tensor scores;          // float32 [test, classes]: Σ exp(similarity / temperature)
  at::Tensor prediction;      // int64 [test]
  double top1 = 0, top5 = 0;  // percent; top5 counts only classes that have a neighbour first
};

/// Weighted k-nearest-neighbour classification as in DINO (arXiv 2104.14294). Features need not be
/// normalised: rows are L2-normalised here. docs/methods/dbot.md §9.2. k is lowered to the number
/// of training rows. Training rows with label −1 are no neighbours; test rows with label −1 are
/// classified but do not count. Throws DataError without labels, Error for features that are not
/// finite, Stopped when asked. `progress` is told of the test rows, block by block; may be empty.
KnnResult knn_classify(const at::Tensor& train_features, const at::Tensor& train_labels,
                       const at::Tensor& test_features, const at::Tensor& test_labels,
                       std::int64_t classes, const KnnConfig& config, const core::StopRequest& stop,
                       const core::TellProgress& progress = {});

}  // namespace dbot::eval
