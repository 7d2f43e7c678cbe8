#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/data/batch.h"
#include "dbot/train/capture/gradient_step.h"

namespace dbot::train {

/// What is remembered of a micro-batch, which is freed when it has been trained on, to know it
/// again when it is read once more.
struct BatchMark {
  std::vector<std::int64_t> samples;  // Batch::sample_ids
  std::string checksum;               // of evenly spread pieces of its tensors
  std::int64_t bytes = 0;             // of its tensors, draws included
  bool operator==(const BatchMark&) const = default;
};

/// Looks at a few kilobytes of each sample, so that it costs a training step nothing: a file that
/// was exchanged shows, a changed pixel need not. The batch is on the host.
BatchMark mark_of(const MicroBatch& micro);

}  // namespace dbot::train
