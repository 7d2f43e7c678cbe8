#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "dbot/data/batch.h"
#include "dbot/data/sample.h"

namespace dbot::data {

/// What the random numbers of a sample are keyed by; the rest of the key says what they are for.
/// `sample` is as in Batch::sample_ids.
struct SampleDraws {
  std::uint64_t seed = 0;
  std::int64_t epoch = 0, sample = 0;
};

/// The memory of one part of one batch, which any threads fill slot by slot, each slot by one at a
/// time. What comes into a slot depends on the sample and its draws alone.
class BatchPart {
 public:
  virtual ~BatchPart() = default;
  /// Puts a part of the sample into a slot, over what may be there. The sample is read again for
  /// others, so nothing of it may be kept but copies. Throws DataError naming the sample where it
  /// does not give what is wanted; the slot is filled by another one or left out then.
  virtual void fill(std::int64_t slot, const Sample& sample, const SampleDraws& draws) = 0;
  /// Copies a slot over another.
  virtual void copy(std::int64_t from, std::int64_t to) = 0;
  /// Puts the tensors of the first `slots` slots into a batch. Once, and the last call.
  virtual void give(Batch& batch, std::int64_t slots) = 0;
};

/// Makes a part for each batch, on the thread that asks for batches.
struct BatchPartFactory {
  std::function<std::unique_ptr<BatchPart>(std::int64_t slots)> make;
  /// Of a slot in memory, on average: by it a loader decides how many batches are loaded ahead.
  std::int64_t slot_bytes = 0;
};

}  // namespace dbot::data
