#include "dbot/data/loader/batch_sequence.h"

#include <algorithm>
#include <numeric>

#include "dbot/data/loader/epoch_order.h"

namespace dbot::data {

BatchSequence::BatchSequence(std::int64_t dataset_size, const LoaderConfig& config)
    : dataset_size_(dataset_size),
      batch_size_(config.batch_size),
      batches_per_epoch_(config.batches_per_epoch > 0
                             ? config.batches_per_epoch
                             : dataset_size / (config.batch_size * config.ranks)),
      next_batch_(config.first_batch),
      rank_(config.rank),
      ranks_(config.ranks),
      batches_per_step_(config.batches_per_step),
      seed_(config.seed),
      training_(config.training),
      sources_(config.sources) {}

std::int64_t BatchSequence::first_of(std::int64_t batch) const {
  const std::int64_t step = batch / batches_per_step_, inside = batch % batches_per_step_;
  return ((step * ranks_ + rank_) * batches_per_step_ + inside) * batch_size_;
}

std::optional<BatchPlan> BatchSequence::next() {
  if (training_) return training_batch();
  const auto begin = first_of(next_batch_++);
  if (begin >= dataset_size_) return std::nullopt;
  BatchPlan plan;
  plan.samples.resize(static_cast<std::size_t>(std::min(batch_size_, dataset_size_ - begin)));
  std::iota(plan.samples.begin(), plan.samples.end(), begin);
  return plan;
}

BatchPlan BatchSequence::training_batch() {
  BatchPlan plan;
  plan.epoch = next_batch_ / batches_per_epoch_;
  if (plan.epoch != ordered_epoch_) {
    order_ = epoch_order(dataset_size_, sources_, seed_, plan.epoch);
    ordered_epoch_ = plan.epoch;
  }
  const auto first = order_.begin() + first_of(next_batch_ % batches_per_epoch_);
  plan.samples.assign(first, first + batch_size_);
  ++next_batch_;
  return plan;
}

}  // namespace dbot::data
