#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dbot/data/loader/loader_config.h"

namespace dbot::data {

/// The samples of one batch, before any of them is opened.
struct BatchPlan {
  std::int64_t epoch = 0;
  std::vector<std::int64_t> samples;
};

/// Which samples come in which batch of this rank: a function of the configuration alone.
class BatchSequence {
 public:
  BatchSequence(std::int64_t dataset_size, const LoaderConfig& config);

  /// Training: never empty, each epoch in its own order. Otherwise: empty after the last sample.
  std::optional<BatchPlan> next();

 private:
  BatchPlan training_batch();
  /// Where this rank's batch begins in the order of a pass; in each step the batches of all ranks
  /// lie side by side.
  std::int64_t first_of(std::int64_t batch) const;

  std::int64_t dataset_size_, batch_size_, batches_per_epoch_, next_batch_;
  std::int64_t rank_, ranks_, batches_per_step_;
  std::uint64_t seed_;
  bool training_;
  std::vector<SourceShare> sources_;
  std::int64_t ordered_epoch_ = -1;  // the epoch of `order_`
  std::vector<std::int64_t> order_;
};

}  // namespace dbot::data
