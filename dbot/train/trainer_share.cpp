// A process' share of a step: its micro-batches, and what all agree on behind them.
#include <utility>

#include "dbot/train/ranks/early_sums.h"
#include "dbot/train/trainer.h"

namespace dbot::train {

Agreement Trainer::make_share(GradientStep& gradients, StepRecord& record,
                              std::vector<BatchMark>& marks) {
  const bool whole = add_micro_batches(gradients, record, marks, share_.count);
  return ranks_.agree(own_agreement(whole, gradients.finite()));
}

Agreement Trainer::make_share_early(GradientStep& gradients, StepRecord& record,
                                    std::vector<BatchMark>& marks) {
  const std::int64_t last = share_.count - 1;
  const bool begun =
      add_micro_batches(gradients, record, marks, last) && (last == 0 || !stop_->requested());
  Agreement agreed = ranks_.agree(own_agreement(begun, gradients.finite()));
  if (agreed.standing == Standing::given_up) return agreed;
  EarlySums sums(method_.parameters(), ranks_, settings_.train.early_sum_bytes);
  gradients.before_backward([&](const at::Tensor& loss) { sums.begin(loss); });
  add_micro_batch(gradients, record, marks);
  gradients.before_backward({});
  sums.finish();
  agreed.finite = ranks_.agree({.finite = gradients.finite()}).finite;
  return agreed;
}

bool Trainer::sums_early() const {
  return settings_.train.early_sum_bytes > 0 && !ranks_.alone() && share_.lanes == 1;
}

bool Trainer::add_micro_batches(GradientStep& gradients, StepRecord& record,
                                std::vector<BatchMark>& marks, std::int64_t end) {
  for (std::int64_t micro = 0; micro < end; ++micro) {
    if ((micro > 0 || !ranks_.alone()) && stop_->requested()) return false;
    add_micro_batch(gradients, record, marks);
  }
  return true;
}

void Trainer::add_micro_batch(GradientStep& gradients, StepRecord& record,
                              std::vector<BatchMark>& marks) {
  const core::Stopwatch of_one;
  MicroBatch next = take_micro_batch(record, gradients.done());
  // A late step is made again before it is kept.
  if (keeps_ && !gradients.stays_on_device()) marks.push_back(mark_of(next));
  gradients.add(std::move(next));
  tell_of_micro_batch(record, gradients.done(), gradients.mean_loss(), of_one.seconds());
}

MicroBatch Trainer::take_micro_batch(StepRecord& record, std::int64_t micro) {
  record.batches_ready += static_cast<double>(loader_->ready()) / static_cast<double>(share_.count);
  MicroBatch next = next_micro_batch(*loader_, first_micro_batch() + share_.first + micro);
  record.images += next.batch.size();
  return next;
}

void Trainer::tell_of_micro_batch(const StepRecord& record, std::int64_t done, double loss,
                                  double last_seconds) {
  const StepProgress progress{.state = state_,
                              .done = done,
                              .of = share_.count,
                              .images = record.images * ranks_.count(),
                              .loss = loss,
                              .seconds = step_clock_.seconds(),
                              .last_seconds = last_seconds};
  for (TrainObserver* observer : observers_) observer->on_micro_batch(progress, method_);
}

}  // namespace dbot::train
