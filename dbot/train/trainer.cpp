#include "dbot/train/trainer.h"

#include <fmt/format.h>

#include <cmath>
#include <exception>
#include <utility>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/exchange/encoder_description.h"
#include "dbot/methods/state_names.h"
#include "dbot/optim/schedule.h"
#include "dbot/train/capture/capture.h"

namespace dbot::train {
namespace {

constexpr std::int64_t most_captures = 3;  // of steps that went wrong by themselves

std::vector<std::vector<std::string>> names_of(
    const std::vector<MicroBatch>& micro_batches,
    const std::function<std::string(std::int64_t)>& name) {
  std::vector<std::vector<std::string>> names;
  for (const MicroBatch& micro : micro_batches) {
    auto& of_batch = names.emplace_back();
    for (const std::int64_t sample : micro.batch.sample_ids) {
      of_batch.push_back(name ? name(sample) : std::to_string(sample));
    }
  }
  return names;
}

}  // namespace

Trainer::Trainer(TrainerSettings settings, methods::Method& method,
                 const optim::OptimizerConfig& optimizer,
                 std::function<std::unique_ptr<data::Loader>(std::int64_t)> make_loader,
                 std::vector<TrainObserver*> observers, core::Log log)
    : settings_(std::move(settings)),
      method_(method),
      optimizer_config_(optimizer),
      make_loader_(std::move(make_loader)),
      observers_(std::move(observers)),
      log_(std::move(log)),
      saver_(settings_.checkpoint_folder, settings_.checkpoint, settings_.plan.steps_per_epoch,
             log_) {}

std::unique_ptr<optim::AdamW> Trainer::fresh_optimizer() {
  return std::make_unique<optim::AdamW>(method_.parameter_groups(optimizer_config_.weight_decay),
                                        optimizer_config_);
}

void Trainer::resume(const Checkpoint& checkpoint) {
  state_ = checkpoint.state;
  method_.load_state(state_.stage, checkpoint.tensors);
  optimizer_ = fresh_optimizer();
  optimizer_->load_state(methods::without_prefix("optimizer.", checkpoint.tensors));
  saver_.resumed_from(state_.step);
}

TrainSummary Trainer::run(const core::StopRequest& stop) {
  if (!optimizer_) {
    method_.begin_stage(0);
    optimizer_ = fresh_optimizer();
  }
  summary_ = {};
  stop_ = &stop;
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
    save_or_fail();
    if (summary_.finished) {
      for (TrainObserver* observer : observers_) observer->on_end(state_, method_);
    }
  } catch (const Stopped&) {
    // An observer gave up its work on request; the weights stand after a whole step.
    save_or_fail();
    summary_.finished = false;
  } catch (const std::exception&) {
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
  const core::Stopwatch clock;
  const double waited = loader_->wait_seconds();
  StepRecord record;
  std::vector<MicroBatch> micro_batches;
  GradientStep gradients(method_, {state_.stage, state_.step, settings_.precision},
                         settings_.accumulate);
  for (std::int64_t micro = 0; micro < settings_.accumulate; ++micro) {
    record.batches_ready +=
        static_cast<double>(loader_->ready()) / static_cast<double>(settings_.accumulate);
    auto batch = loader_->next();
    if (!batch) throw Error("[train] the training data ended; a training loader must be endless");
    record.images += batch->size();
    auto draws = method_.draw(*batch, {settings_.seed, state_.stage, batch->epoch});
    micro_batches.push_back({std::move(*batch), std::move(draws)});
    gradients.add(micro_batches.back());
  }
  record.loss = gradients.loss();
  record.scalars = gradients.scalars();
  record.learning_rate = learning_rate();
  record.gradient_norm = gradients.finite() ? optimizer_->gradient_norm() : std::nan("");
  record.skipped = !std::isfinite(record.gradient_norm);
  capture_if_wanted(gradients, record, std::move(micro_batches));
  if (record.skipped) {
    method_.zero_gradients();
  } else {
    optimizer_->step(record.learning_rate,
                     optim::AdamW::clip_scale(record.gradient_norm, settings_.clip_norm));
  }
  ++state_.step;
  state_.images_seen += record.images;
  state_.skipped_steps += record.skipped ? 1 : 0;
  state_.skipped_in_a_row = record.skipped ? state_.skipped_in_a_row + 1 : 0;
  record.state = state_;
  record.epoch =
      static_cast<double>(state_.step) / static_cast<double>(settings_.plan.steps_per_epoch);
  record.batches_ahead = loader_->ahead();
  record.data_wait_seconds = loader_->wait_seconds() - waited;
  record.seconds = clock.seconds();
  return record;
}

void Trainer::capture_if_wanted(const GradientStep& gradients, const StepRecord& record,
                                std::vector<MicroBatch> micro_batches) {
  const std::int64_t step = state_.step + 1;
  const bool asked_for = step == settings_.capture_step;
  if (settings_.capture_folder.empty() || !(asked_for || record.skipped)) return;
  if (!asked_for && std::ssize(list_checkpoints(settings_.capture_folder)) >= most_captures) return;
  try {
    Capture capture;
    capture.before = checkpoint();
    capture.before.stage_end = false;
    capture.record = {
        step,
        state_.stage,
        gradients.losses(),
        record.loss,
        record.gradient_norm,
        record.learning_rate,
        checksum_of_gradients(method_.parameter_groups(optimizer_config_.weight_decay)),
        names_of(micro_batches, settings_.sample_name)};
    capture.micro_batches = std::move(micro_batches);
    capture.recipe = settings_.recipe;
    capture.encoder = encoder_description();
    const auto folder = write_capture(settings_.capture_folder, capture);
    log_(core::LogLevel::information,
         fmt::format("step {} is kept: dbot replay {} repeats it", step, folder.string()));
  } catch (const std::exception& problem) {
    log_(core::LogLevel::warning,
         fmt::format("step {} could not be kept for dbot replay: {}", step, problem.what()));
  }
}

void Trainer::account(const StepRecord& record) {
  summary_.seconds += record.seconds;
  summary_.data_wait_seconds += record.data_wait_seconds;
  summary_.images += record.images;
  if (!record.skipped) return;
  log_(core::LogLevel::warning,
       fmt::format("step {}: loss {} or its gradient is not finite; the step is skipped ({} in a "
                   "row, {} in all)",
                   state_.step, record.loss, state_.skipped_in_a_row, state_.skipped_steps));
}

void Trainer::give_up_without_hope() const {
  constexpr const char* way_out =
      "Lower optimizer.base_lr, set optimizer.clip_norm or use train.precision = \"fp32\"; dbot "
      "replay RUN/captures/step-… tells where it began";
  if (state_.skipped_in_a_row >= settings_.max_skipped_steps) {
    throw Error(
        fmt::format("[train] {} steps in a row had a non-finite loss or gradient, the limit is "
                    "train.max_skipped_steps = {}; the weights are those of the last good step. {}",
                    state_.skipped_in_a_row, settings_.max_skipped_steps, way_out));
  }
  if (state_.step >= settings_.plan.total_steps() && state_.skipped_steps >= state_.step) {
    throw Error(fmt::format(
        "[train] not one of the run's {} steps had a finite loss and gradient: nothing was learnt, "
        "the weights are those it began with. {}",
        state_.step, way_out));
  }
}

void Trainer::after_step() {
  const bool epoch_ends = state_.step % settings_.plan.steps_per_epoch == 0;
  const bool stage_ends = state_.step == stage_end();
  if (state_.step >= settings_.plan.total_steps()) {
    save_or_fail();  // before the observers, who have nothing to tell of a run that is not kept
  } else if (stage_ends || saver_.is_due(state_.step)) {
    try_to_save();
  }
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

Checkpoint Trainer::checkpoint() const {
  Checkpoint checkpoint;
  checkpoint.state = state_;
  checkpoint.stage_end = state_.step == stage_end();
  checkpoint.tensors = method_.state();
  checkpoint.tensors.merge(methods::with_prefix("optimizer.", optimizer_->state()));
  checkpoint.fixed_choices = settings_.fixed_choices;
  return checkpoint;
}

std::string Trainer::encoder_description() const {
  return exchange::to_json({method_.backbone().config(), settings_.mean, settings_.std});
}

void Trainer::try_to_save() {
  const auto folder = saver_.try_to_save(checkpoint(), encoder_description());
  if (folder) tell_of_checkpoint(*folder);
}

void Trainer::save_or_fail() {
  if (saver_.saved_step() == state_.step) return;
  gave_up_saving_ = true;  // unless it gets to the next line but one
  const auto folder = saver_.save_or_fail(checkpoint(), encoder_description(),
                                          {settings_.checkpoint.retry_seconds, *stop_});
  gave_up_saving_ = false;
  tell_of_checkpoint(folder);
}

void Trainer::tell_of_checkpoint(const std::filesystem::path& folder) {
  for (TrainObserver* observer : observers_) observer->on_checkpoint(folder, state_);
}

void Trainer::save_after_error() {
  if (gave_up_saving_ || saver_.saved_step() == state_.step) return;
  try {
    tell_of_checkpoint(saver_.save_or_fail(checkpoint(), encoder_description(), {}));
  } catch (const std::exception& error) {
    log_(core::LogLevel::warning,
         fmt::format("the last steps could not be saved either: {}", error.what()));
  }
}

}  // namespace dbot::train
