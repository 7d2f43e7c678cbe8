// What a trainer keeps of a step for dbot replay.
#include <utility>

#include "dbot/methods/state_names.h"
#include "dbot/train/ranks/step_report.h"
#include "dbot/train/trainer.h"

namespace dbot::train {

void Trainer::keep_if_wanted(GradientStep& gradients, const StepRecord& record,
                             std::vector<BatchMark> marks) {
  const bool may_be = keeps_ && (record.skipped || state_.step + 1 == settings_.train.capture_step);
  // What is kept already stands in the first rank's folder.
  if (!may_be || !ranks_.as_first(captures_.wants(state_.step + 1, record.skipped))) return;
  const Ranks::Busy busy(ranks_);
  gradients.exchange_buffers();  // it is kept with the state of before it
  update_->gather_gradients();
  marks = gather_marks(ranks_.group(), std::move(marks));
  keep_step(captured_step(record), std::move(marks));
  gradients.exchange_buffers();
  keeps_skipped_ = captures_.wants(state_.step + 2, /*skipped=*/true);
}

void Trainer::keep_step(const CapturedStep& captured, std::vector<BatchMark> marks) {
  if (!ranks_.first()) return;
  LoaderStart whole = loader_start();
  whole.share = whole_step(share_.of, settings_.train.lanes_or_one());
  whole.rank = 0;
  whole.ranks = 1;
  std::unique_ptr<data::Loader> again;  // the training loader keeps its place
  std::int64_t number = first_micro_batch();
  const auto read_again = [&] {
    // Training has reported broken files already.
    if (!again) again = make_loader_(whole, core::silent_log());
    return next_micro_batch(*again, number++);
  };
  captures_.keep({.step = state_.step + 1,
                  .marks = std::move(marks),
                  .captured = captured,
                  .read_again = read_again});
}

CapturedStep Trainer::captured_step(const StepRecord& record) const {
  const auto groups = method_.parameter_groups(settings_.optimizer.weight_decay);
  CapturedStep captured{.before = checkpoint(), .description = method_.describe_backbone()};
  captured.before.stage_end = false;
  std::erase_if(captured.before.tensors, [](const auto& entry) {
    return entry.first.starts_with(kBest);  // no part of a step
  });
  captured.record = {.step = state_.step + 1,
                     .stage = state_.stage,
                     .losses = losses_,
                     .loss = record.loss,
                     .gradient_norm = record.gradient_norm,
                     .learning_rate = record.learning_rate,
                     .gradients = checksum_of_gradients(groups)};
  return captured;
}

}  // namespace dbot::train
