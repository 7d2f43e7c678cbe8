#include "dbot/train/trainer.h"

#include <c10/core/Scalar.h>
#include <fmt/format.h>

#include <cmath>

#include "dbot/core/error.h"
#include "dbot/exchange/encoder_description.h"
#include "dbot/methods/state_names.h"
#include "dbot/optim/schedule.h"
#include "dbot/train/stopwatch.h"

namespace dbot::train {

Trainer::Trainer(TrainerSettings settings, methods::Method& method,
                 const optim::OptimizerConfig& optimizer,
                 std::function<std::unique_ptr<data::Loader>(std::int64_t)> make_loader,
                 std::vector<TrainObserver*> observers, core::Log log)
    : settings_(std::move(settings)),
      method_(method),
      optimizer_config_(optimizer),
      make_loader_(std::move(make_loader)),
      observers_(std::move(observers)),
      log_(std::move(log)) {}

std::unique_ptr<optim::AdamW> Trainer::fresh_optimizer() {
  return std::make_unique<optim::AdamW>(method_.parameter_groups(optimizer_config_.weight_decay),
                                        optimizer_config_);
}

void Trainer::resume(const Checkpoint& checkpoint) {
  state_ = checkpoint.state;
  method_.load_state(state_.stage, checkpoint.tensors);
  optimizer_ = fresh_optimizer();
  optimizer_->load_state(methods::without_prefix("optimizer.", checkpoint.tensors));
  saved_step_ = state_.step;
}

TrainSummary Trainer::run(const core::StopRequest& stop) {
  if (!optimizer_) {
    method_.begin_stage(0);
    optimizer_ = fresh_optimizer();
  }
  summary_ = {};
  try {
    for (TrainObserver* observer : observers_) observer->on_begin(settings_.plan, state_, method_);
    while (state_.step < settings_.plan.total_steps() && !stop.requested()) {
      if (state_.step == stage_end()) switch_stage();
      const StepRecord record = optimizer_step();
      account(record);
      for (TrainObserver* observer : observers_) observer->on_step(record, method_);
      give_up_without_hope();
      after_step();
    }
    summary_.finished = state_.step >= settings_.plan.total_steps();
    save_if_new();
    if (summary_.finished) {
      for (TrainObserver* observer : observers_) observer->on_end(state_, method_);
    }
  } catch (const Stopped&) {
    // An observer gave up its work on request; the weights stand after a whole step.
    save_if_new();
    summary_.finished = false;
  } catch (const Error&) {
    save_after_error();
    throw;
  }
  summary_.state = state_;
  return summary_;
}

std::int64_t Trainer::stage_end() const {
  return settings_.plan.stage_begin.at(static_cast<std::size_t>(state_.stage) + 1);
}

void Trainer::switch_stage() {
  method_.end_stage(state_.stage);
  // It holds on to the old student's memory; two students with moments are the most a run would
  // need.
  if (!settings_.keep_optimizer) optimizer_.reset();
  ++state_.stage;
  method_.begin_stage(state_.stage);
  if (settings_.keep_optimizer) {
    optimizer_->rebind(method_.parameter_groups(optimizer_config_.weight_decay));
  } else {
    optimizer_ = fresh_optimizer();
  }
}

double Trainer::learning_rate() const {
  const auto stage = static_cast<std::size_t>(state_.stage);
  const auto& begin = settings_.plan.stage_begin;
  return optim::learning_rate(static_cast<double>(state_.step), static_cast<double>(begin[stage]),
                              static_cast<double>(begin[stage + 1]),
                              settings_.plan.warmup_steps[stage], settings_.peak_rate,
                              settings_.min_rate);
}

StepRecord Trainer::optimizer_step() {
  if (!loader_) loader_ = make_loader_(state_.step * settings_.accumulate);
  const Stopwatch clock;
  const double waited = loader_->wait_seconds();
  StepRecord record;
  method_.zero_gradients();
  bool finite = true;
  for (std::int64_t micro = 0; micro < settings_.accumulate; ++micro) {
    const auto batch = loader_->next();
    if (!batch) throw Error("[train] the training data ended; a training loader must be endless");
    record.images += batch->size();
    const auto draws = method_.draw(*batch, {settings_.seed, state_.stage, batch->epoch});
    const methods::StepResult result =
        method_.training_step(*batch, draws, {state_.stage, state_.step, settings_.precision});
    const double loss = result.loss.item().toDouble();
    record.loss += loss / static_cast<double>(settings_.accumulate);
    finite = finite && std::isfinite(loss);
    if (finite) result.loss.div(static_cast<double>(settings_.accumulate)).backward();
  }
  record.learning_rate = learning_rate();
  record.gradient_norm = finite ? optimizer_->gradient_norm() : std::nan("");
  record.skipped = !std::isfinite(record.gradient_norm);
  if (!record.skipped) {
    optimizer_->step(record.learning_rate,
                     optim::AdamW::clip_scale(record.gradient_norm, settings_.clip_norm));
  }
  ++state_.step;
  state_.images_seen += record.images;
  state_.skipped_steps += record.skipped ? 1 : 0;
  record.state = state_;
  record.epoch =
      static_cast<double>(state_.step) / static_cast<double>(settings_.plan.steps_per_epoch);
  record.data_wait_seconds = loader_->wait_seconds() - waited;
  record.seconds = clock.seconds();
  return record;
}

void Trainer::account(const StepRecord& record) {
  summary_.seconds += record.seconds;
  summary_.data_wait_seconds += record.data_wait_seconds;
  summary_.images += record.images;
  if (!record.skipped) {
    skipped_in_a_row_ = 0;
    return;
  }
  ++skipped_in_a_row_;
  log_(core::LogLevel::warning,
       fmt::format("step {}: loss {} or its gradient is not finite; the step is skipped ({} in a "
                   "row, {} in all)",
                   state_.step, record.loss, skipped_in_a_row_, state_.skipped_steps));
}

void Trainer::give_up_without_hope() const {
  const bool nothing_learnt =
      state_.step >= settings_.plan.total_steps() && state_.skipped_steps >= state_.step;
  if (skipped_in_a_row_ >= settings_.max_skipped_steps || nothing_learnt) {
    throw Error(fmt::format(
        "[train] {} steps in a row had a non-finite loss or gradient, the limit is "
        "train.max_skipped_steps = {}; the weights are those of the last good step. Lower "
        "optimizer.base_lr, set optimizer.clip_norm or use train.precision = \"fp32\"",
        skipped_in_a_row_, settings_.max_skipped_steps));
  }
}

void Trainer::after_step() {
  const bool epoch_ends = state_.step % settings_.plan.steps_per_epoch == 0;
  const bool stage_ends = state_.step == stage_end();
  if (stage_ends || checkpoint_is_due()) save();
  if (epoch_ends) {
    const std::int64_t epoch = state_.step / settings_.plan.steps_per_epoch;
    for (TrainObserver* observer : observers_) observer->on_epoch_end(epoch, state_, method_);
  }
  if (stage_ends) {
    for (TrainObserver* observer : observers_) {
      observer->on_stage_end(state_.stage, state_, method_);
    }
  }
}

bool Trainer::checkpoint_is_due() const {
  const CheckpointConfig& config = settings_.checkpoint;
  if (config.every_steps > 0 && state_.step % config.every_steps == 0) return true;
  if (config.every_epochs <= 0) return false;
  const auto interval = static_cast<std::int64_t>(
      std::llround(config.every_epochs * static_cast<double>(settings_.plan.steps_per_epoch)));
  return state_.step % std::max<std::int64_t>(1, interval) == 0;
}

void Trainer::save() {
  Checkpoint checkpoint;
  checkpoint.state = state_;
  checkpoint.stage_end = state_.step == stage_end();
  checkpoint.tensors = method_.state();
  checkpoint.tensors.merge(methods::with_prefix("optimizer.", optimizer_->state()));
  checkpoint.fixed_choices = settings_.fixed_choices;
  const std::string encoder =
      exchange::to_json({method_.backbone().config(), settings_.mean, settings_.std});
  const auto folder =
      write_checkpoint(settings_.checkpoint_folder, checkpoint, settings_.checkpoint.keep, encoder);
  saved_step_ = state_.step;
  for (TrainObserver* observer : observers_) observer->on_checkpoint(folder, state_);
}

void Trainer::save_if_new() {
  if (saved_step_ != state_.step) save();
}

void Trainer::save_after_error() {
  try {
    save_if_new();
  } catch (const Error& error) {
    log_(core::LogLevel::warning,
         fmt::format("the last steps could not be saved either: {}", error.what()));
  }
}

}  // namespace dbot::train
