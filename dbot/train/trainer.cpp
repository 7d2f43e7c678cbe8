#include "dbot/train/trainer.h"

#include <fmt/format.h>

#include <cmath>
#include <exception>
#include <iterator>
#include <utility>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/methods/state_names.h"
#include "dbot/optim/schedule.h"
#include "dbot/train/skipped_steps.h"

namespace dbot::train {

Trainer::Trainer(TrainerSettings settings, methods::Method& method, MakeLoader make_loader,
                 std::vector<TrainObserver*> observers, core::Log log)
    : settings_(std::move(settings)),
      method_(method),
      make_loader_(std::move(make_loader)),
      observers_(std::move(observers)),
      log_(std::move(log)),
      captures_(settings_.captures, settings_.train.capture_step, log_),
      saver_(settings_.checkpoint_folder, settings_.checkpoint, settings_.plan.steps_per_epoch,
             log_) {}

std::unique_ptr<optim::Optimizer> Trainer::fresh_optimizer() {
  const optim::OptimizerConfig& config = settings_.optimizer;
  return optim::make_optimizer(method_.parameter_groups(config.weight_decay), config);
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
      const std::optional<StepRecord> record = optimizer_step();
      if (!record) break;
      account(*record);
      for (TrainObserver* observer : observers_) observer->on_step(*record, method_);
      throw_if_hopeless(state_, settings_.train.max_skipped_steps, settings_.plan.total_steps());
      after_step();
    }
    summary_.finished = state_.step >= settings_.plan.total_steps();
    save_or_fail();
    if (summary_.finished) {
      for (TrainObserver* observer : observers_) observer->on_end(state_, method_);
    }
  } catch (const Stopped&) {
    // An observer stopped its work on request. The weights are those after a whole step.
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
  // The optimizer holds on to the old student's memory. Two students with moments are the most a
  // run would need.
  if (!settings_.stages.keep_optimizer) optimizer_.reset();
  ++state_.stage;
  method_.begin_stage(state_.stage);
  if (settings_.stages.keep_optimizer) {
    optimizer_->rebind(method_.parameter_groups(settings_.optimizer.weight_decay));
  } else {
    optimizer_ = fresh_optimizer();
  }
}

double Trainer::learning_rate() const {
  const auto stage = static_cast<std::size_t>(state_.stage);
  const auto& begin = settings_.plan.stage_begin;
  const double peak =
      optim::scaled_rate(settings_.optimizer.base_lr, settings_.train.images_per_step());
  return optim::learning_rate(static_cast<double>(state_.step), static_cast<double>(begin[stage]),
                              static_cast<double>(begin[stage + 1]),
                              settings_.plan.warmup_steps[stage], peak, settings_.schedule.min_lr);
}

methods::StepContext Trainer::step_context() const {
  return {state_.stage, state_.step, settings_.precision};
}

MicroBatch Trainer::next_micro_batch(data::Loader& loader) const {
  auto batch = loader.next();
  if (!batch) throw Error("[train] the training data ended; a training loader must be endless");
  const auto seed = static_cast<std::uint64_t>(settings_.train.seed);
  auto draws = method_.draw(*batch, {seed, state_.stage, batch->epoch});
  return {std::move(*batch), std::move(draws)};
}

std::optional<StepRecord> Trainer::optimizer_step() {
  if (!loader_ || loader_is_inside_step_) loader_ = make_loader_(first_micro_batch(), log_);
  loader_is_inside_step_ = false;
  const core::Stopwatch clock;
  const double waited = loader_->wait_seconds();
  StepRecord record;
  std::vector<BatchMark> marks;
  GradientStep gradients(method_, step_context(), settings_.train.accumulate);
  if (!add_micro_batches(gradients, record, marks)) {
    method_.zero_gradients();
    loader_is_inside_step_ = true;
    return std::nullopt;
  }
  record.loss = gradients.loss();
  record.scalars = gradients.scalars();
  record.learning_rate = learning_rate();
  record.gradient_norm = gradients.finite() ? optimizer_->gradient_norm() : std::nan("");
  record.skipped = !std::isfinite(record.gradient_norm);
  if (captures_.wants(state_.step + 1, record.skipped)) {
    gradients.exchange_buffers();  // it is kept with the state of before it
    keep_step(gradients, record, std::move(marks));
    gradients.exchange_buffers();
  }
  if (!record.skipped) gradients.count();
  apply(record);
  advance(record);
  record.batches_ahead = loader_->ahead();
  record.data_wait_seconds = loader_->wait_seconds() - waited;
  record.seconds = clock.seconds();
  return record;
}

bool Trainer::add_micro_batches(GradientStep& gradients, StepRecord& record,
                                std::vector<BatchMark>& marks) {
  const std::int64_t accumulate = settings_.train.accumulate;
  const core::Stopwatch clock;
  for (std::int64_t micro = 0; micro < accumulate; ++micro) {
    if (micro > 0 && stop_->requested()) return false;
    const core::Stopwatch of_one;
    record.batches_ready += static_cast<double>(loader_->ready()) / static_cast<double>(accumulate);
    MicroBatch next = next_micro_batch(*loader_);
    record.images += next.batch.size();
    if (captures_.enabled()) marks.push_back(mark_of(next.batch));
    gradients.add(std::move(next));
    tell_of_micro_batch(gradients, record, of_one.seconds(), clock.seconds());
  }
  return true;
}

void Trainer::tell_of_micro_batch(const GradientStep& gradients, const StepRecord& record,
                                  double last_seconds, double seconds) {
  StepProgress progress{.state = state_,
                        .done = std::ssize(gradients.losses()),
                        .of = settings_.train.accumulate,
                        .images = record.images,
                        .seconds = seconds,
                        .last_seconds = last_seconds};
  progress.loss =
      gradients.loss() * static_cast<double>(progress.of) / static_cast<double>(progress.done);
  for (TrainObserver* observer : observers_) observer->on_micro_batch(progress, method_);
}

void Trainer::apply(const StepRecord& record) {
  if (record.skipped) return method_.zero_gradients();
  optimizer_->step(record.learning_rate, optim::Optimizer::clip_scale(
                                             record.gradient_norm, settings_.optimizer.clip_norm));
  method_.after_step(step_context());
}

void Trainer::advance(StepRecord& record) {
  ++state_.step;
  state_.images_seen += record.images;
  state_.skipped_steps += record.skipped ? 1 : 0;
  state_.skipped_in_a_row = record.skipped ? state_.skipped_in_a_row + 1 : 0;
  record.state = state_;
  record.epoch =
      static_cast<double>(state_.step) / static_cast<double>(settings_.plan.steps_per_epoch);
}

void Trainer::keep_step(const GradientStep& gradients, const StepRecord& record,
                        std::vector<BatchMark> marks) {
  std::unique_ptr<data::Loader> again;  // the training loader keeps its place
  const auto read_again = [&] {
    // Training has reported broken files already.
    if (!again) again = make_loader_(first_micro_batch(), core::silent_log());
    return next_micro_batch(*again);
  };
  captures_.keep({.step = state_.step + 1,
                  .marks = std::move(marks),
                  .describe = [&] { return captured_step(gradients, record); },
                  .read_again = read_again});
}

CapturedStep Trainer::captured_step(const GradientStep& gradients, const StepRecord& record) const {
  const auto groups = method_.parameter_groups(settings_.optimizer.weight_decay);
  CapturedStep captured{.before = checkpoint(), .description = method_.describe_backbone()};
  captured.before.stage_end = false;
  captured.record = {.step = state_.step + 1,
                     .stage = state_.stage,
                     .losses = gradients.losses(),
                     .loss = record.loss,
                     .gradient_norm = record.gradient_norm,
                     .learning_rate = record.learning_rate,
                     .gradients = checksum_of_gradients(groups)};
  return captured;
}

void Trainer::account(const StepRecord& record) {
  summary_.seconds += record.seconds;
  summary_.data_wait_seconds += record.data_wait_seconds;
  summary_.images += record.images;
  if (record.skipped) log_(core::LogLevel::warning, skipped_step_text(state_, record.loss));
}

void Trainer::after_step() {
  const bool epoch_ends = state_.step % settings_.plan.steps_per_epoch == 0;
  const bool stage_ends = state_.step == stage_end();
  if (state_.step >= settings_.plan.total_steps()) {
    save_or_fail();  // first: observers report the end only of a run that is saved
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

void Trainer::try_to_save() {
  const auto folder = saver_.try_to_save(checkpoint(), method_.describe_backbone());
  if (folder) tell_of_checkpoint(*folder);
}

void Trainer::save_or_fail() {
  if (saver_.saved_step() == state_.step) return;
  tell_of_checkpoint(saver_.save_or_fail(checkpoint(), method_.describe_backbone(),
                                         {settings_.checkpoint.retry_seconds, *stop_}));
}

void Trainer::save_after_error() {
  if (saver_.gave_up() || saver_.saved_step() == state_.step) return;
  try {
    tell_of_checkpoint(saver_.save_or_fail(checkpoint(), method_.describe_backbone(), {}));
  } catch (const std::exception& error) {
    log_(core::LogLevel::warning,
         fmt::format("the last steps could not be saved either: {}", error.what()));
  }
}

void Trainer::tell_of_checkpoint(const std::filesystem::path& folder) {
  for (TrainObserver* observer : observers_) observer->on_checkpoint(folder, state_);
}

std::vector<std::string> Trainer::bad_samples() const {
  return loader_ ? loader_->bad_samples() : std::vector<std::string>();
}

}  // namespace dbot::train
