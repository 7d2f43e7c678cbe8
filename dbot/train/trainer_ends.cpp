// What a trainer does where a step ends an epoch, a stage or the run: validation, checkpoints, the
// switch to the next stage, the sums of the run.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>
#include <vector>

#include "dbot/core/error.h"
#include "dbot/methods/state_names.h"
#include "dbot/train/ranks/same_weights.h"
#include "dbot/train/skipped_steps.h"
#include "dbot/train/trainer.h"

namespace dbot::train {
namespace {

constexpr std::int64_t kStepsBetweenChecks = 1000;

std::string validation_text(const ValidationRecord& record) {
  std::string text = fmt::format("held-out samples after epoch {:.6g}:", record.epoch);
  for (const auto& [name, value] : record.figures) text += fmt::format("  {} {:.5g}", name, value);
  if (record.best) text += "  (the stage's best)";
  if (record.ends_stage) {
    text += fmt::format("; no better for as long as train.patience says, stage {} ends here",
                        record.state.stage + 1);
  }
  return text;
}

}  // namespace

std::int64_t Trainer::stage_end() const {
  return settings_.plan.end_of(state_.stage);
}

void Trainer::show_batches(methods::StageMoment moment) {
  const std::int64_t an_epoch =
      settings_.plan.steps_per_epoch_of(state_.stage) * settings_.train.accumulate;
  const std::int64_t wanted = method_.batches_to_look_at(state_.stage, moment, an_epoch);
  if (wanted <= 0) return;
  LoaderStart start = loader_start();
  start.first_step =
      settings_.plan.begin_of(state_.stage) - settings_.plan.data_begin_of(state_.stage);
  const auto loader = make_loader_(start, core::silent_log());
  std::vector<data::Batch> batches;
  for (std::int64_t i = 0; i < wanted; ++i) {
    auto batch = loader->next();
    if (!batch) break;
    MicroBatch here = move_to(MicroBatch{std::move(*batch), {}}, method_.parameters().device());
    batches.push_back(std::move(here.batch));
  }
  const std::string found = method_.look_at(state_.stage, moment, batches);
  if (!found.empty()) log_(core::LogLevel::information, found);
}

void Trainer::switch_stage() {
  if (repeated_) repeated_->forget();
  show_batches(methods::StageMoment::ends);
  method_.end_stage(state_.stage);
  // The optimizer holds on to the old student's memory. Two students with moments are the most a
  // run would need.
  if (!settings_.stages.keep_optimizer) update_.reset();
  ++state_.stage;
  method_.begin_stage(state_.stage);
  show_batches(methods::StageMoment::begins);
  if (settings_.stages.keep_optimizer) {
    update_->rebind();
  } else {
    update_ = fresh_update();
  }
  validation_.begin_stage();
  check_weights();
  if (!settings_.plan.has_own_data()) return;
  bad_samples_ = bad_samples();
  loader_.reset();
}

void Trainer::go_on_together() {
  if (ranks_.alone() || ranks_.agree({}).standing != Standing::given_up) return;
  ends_ = true;
  throw Stopped({.operation = "train", .subject = "rank 0", .reason = "was stopped on request"});
}

bool Trainer::begin_next_stage() {
  go_on_together();
  const bool wanted = !settings_.makes_next_stage ||
                      ranks_.as_first(!ranks_.first() || settings_.makes_next_stage(state_.stage));
  if (wanted) {
    switch_stage();
    return true;
  }
  settings_.plan.end_after(state_.stage);
  is_shorter_ = true;
  unsaved_ = true;  // the checkpoint of this step has the longer plan
  for (TrainObserver* observer : observers_) observer->on_plan(settings_.plan, state_);
  return false;
}

std::optional<ValidationRecord> Trainer::validate() {
  if (!validation_.is_due(settings_.plan, state_)) return std::nullopt;
  ValidationRecord record = validation_.run(method_, settings_.plan, state_, *stop_);
  unsaved_ = true;
  if (record.ends_stage) {
    settings_.plan.end_early(state_.stage, state_.step);
    is_shorter_ = true;
  }
  if (state_.step == stage_end()) restore_best();
  return record;
}

void Trainer::restore_best() {
  const runtime::NamedTensors best = validation_.take_best(state_.step);
  if (best.empty()) return;
  if (repeated_) repeated_->forget();
  method_.load_state(state_.stage, best);
  update_->rebind();
}

void Trainer::tell_of_validation(const ValidationRecord& record) {
  log_(core::LogLevel::information, validation_text(record));
  for (TrainObserver* observer : observers_) observer->on_validation(record, method_);
  if (!record.ends_stage) return;
  for (TrainObserver* observer : observers_) observer->on_plan(settings_.plan, state_);
}

void Trainer::finish_step() {
  const bool stage_ends = state_.step == stage_end();
  const bool checks = state_.step % kStepsBetweenChecks == 0;
  if (stage_ends || saves_ || checks) go_on_together();
  if (state_.step >= settings_.plan.total_steps()) {
    save_or_fail();  // first: observers report the end only of a run that is saved
  } else if (stage_ends || saves_) {
    try_to_save();
  }
  if (checks) check_weights();
  if (settings_.plan.ends_epoch(state_.step)) {
    const std::int64_t epoch = settings_.plan.epoch_ended_at(state_.step);
    for (TrainObserver* observer : observers_) observer->on_epoch_end(epoch, state_, method_);
  }
  if (stage_ends) {
    for (TrainObserver* observer : observers_) {
      observer->on_stage_end(state_.stage, state_, method_);
    }
  }
}

Checkpoint Trainer::checkpoint() const {
  Checkpoint checkpoint;
  checkpoint.state = state_;
  checkpoint.stage_end = state_.step == stage_end();
  checkpoint.tensors = method_.state();
  checkpoint.tensors.merge(methods::with_prefix("optimizer.", update_->state()));
  checkpoint.tensors.merge(methods::with_prefix(kBest, validation_.best()));
  checkpoint.fixed_choices = settings_.fixed_choices;
  checkpoint.validation = validation_.state();
  if (is_shorter_) checkpoint.stage_begin = settings_.plan.stage_begin;
  return checkpoint;
}

void Trainer::try_to_save() {
  const Checkpoint whole = checkpoint();
  if (!ranks_.first()) return;
  const auto folder = saver_.try_to_save(whole, method_.describe_backbone());
  if (folder) tell_of_checkpoint(*folder);
}

void Trainer::check_weights() {
  if (!ranks_.alone()) require_same(ranks_.group(), method_.state(), state_.step);
}

bool Trainer::is_saved() const {
  return saver_.saved_step() == state_.step && !unsaved_;
}

void Trainer::save_or_fail() {
  if (!ranks_.as_first(!is_saved())) return;
  const Checkpoint whole = checkpoint();
  if (!ranks_.first()) return;
  const Ranks::Busy busy(ranks_);
  tell_of_checkpoint(saver_.save_or_fail(whole, method_.describe_backbone(),
                                         {settings_.checkpoint.retry_seconds, *stop_}));
}

void Trainer::save_after_error() {
  if (!ranks_.first() || saver_.gave_up() || is_saved()) return;
  if (update_->divided()) {
    log_(core::LogLevel::warning,
         fmt::format("the steps after {} are lost: the optimizer's state was divided among "
                     "processes that have ended",
                     saver_.saved_step() < 0 ? "the beginning"
                                             : fmt::format("step {}", saver_.saved_step())));
    return;
  }
  try {
    tell_of_checkpoint(saver_.save_or_fail(checkpoint(), method_.describe_backbone(), {}));
  } catch (const std::exception& error) {
    log_(core::LogLevel::warning,
         fmt::format("the last steps could not be saved either: {}", error.what()));
  }
}

void Trainer::tell_of_checkpoint(const std::filesystem::path& folder) {
  unsaved_ = false;
  for (TrainObserver* observer : observers_) observer->on_checkpoint(folder, state_);
}

void Trainer::account(const StepRecord& record) {
  summary_.seconds += record.seconds;
  summary_.data_wait_seconds += record.data_wait_seconds;
  summary_.images += record.images;
  if (record.skipped) log_(core::LogLevel::warning, skipped_step_text(record.state, record.loss));
}

std::vector<std::string> Trainer::bad_samples() const {
  std::vector<std::string> all = bad_samples_;
  if (loader_) std::ranges::move(loader_->bad_samples(), std::back_inserter(all));
  return all;
}

}  // namespace dbot::train
