#include "dbot/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <iterator>
#include <utility>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/methods/state_names.h"
#include "dbot/train/skipped_steps.h"

namespace dbot::train {

Trainer::Trainer(TrainerSettings settings, methods::Method& method, MakeLoader make_loader,
                 std::vector<TrainObserver*> observers, core::Log log)
    : settings_(std::move(settings)),
      method_(method),
      make_loader_(std::move(make_loader)),
      observers_(std::move(observers)),
      log_(std::move(log)),
      captures_(settings_.captures, {settings_.train.capture_step, settings_.train.capture_bytes},
                log_),
      saver_(settings_.checkpoint_folder, settings_.checkpoint, log_),
      validation_(settings_.validation, static_cast<std::uint64_t>(settings_.train.seed),
                  settings_.precision) {}

std::unique_ptr<optim::Optimizer> Trainer::fresh_optimizer() {
  const optim::OptimizerConfig& config = settings_.optimizer;
  return optim::make_optimizer(method_.parameter_groups(config.weight_decay), config);
}

void Trainer::resume(const Checkpoint& checkpoint) {
  state_ = checkpoint.state;
  method_.load_state(state_.stage, checkpoint.tensors);
  optimizer_ = fresh_optimizer();
  optimizer_->load_state(methods::without_prefix("optimizer.", checkpoint.tensors));
  is_shorter_ = !checkpoint.stage_begin.empty();
  if (is_shorter_) {
    const std::int64_t stages = std::ssize(checkpoint.stage_begin) - 1;
    if (stages <= state_.stage || stages > settings_.plan.stages()) {
      throw DataError({.operation = "resume",
                       .subject = "the checkpoint",
                       .fault = Fault::mismatch,
                       .reason = "has another number of stages than the recipe"});
    }
    settings_.plan.end_after(stages - 1);
    settings_.plan.stage_begin = checkpoint.stage_begin;
  }
  validation_.resume(checkpoint.validation, methods::without_prefix(kBest, checkpoint.tensors));
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
    const auto interrupted = validate();  // observers begin with what it leaves
    for (TrainObserver* observer : observers_) observer->on_begin(settings_.plan, state_, method_);
    if (interrupted) {
      tell_of_validation(*interrupted);
      finish_step();
    }
    while (state_.step < settings_.plan.total_steps() && !stop.requested()) {
      if (state_.step == stage_end() && !begin_next_stage()) break;
      const std::optional<StepRecord> record = optimizer_step();
      if (!record) break;
      account(*record);
      for (TrainObserver* observer : observers_) observer->on_step(*record, method_);
      throw_if_hopeless(state_, settings_.train.max_skipped_steps, settings_.plan.total_steps());
      if (const auto validation = validate()) tell_of_validation(*validation);
      finish_step();
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

double Trainer::learning_rate() const {
  return rate_of_step(settings_.schedule, settings_.stages, settings_.plan, state_.stage,
                      state_.step, settings_.optimizer.base_lr, settings_.train.images_per_step());
}

methods::StepContext Trainer::step_context() const {
  return {state_.stage, state_.step, settings_.precision};
}

std::unique_ptr<data::Loader> Trainer::open_loader(const core::Log& log) const {
  const std::int64_t steps = state_.step - settings_.plan.data_begin_of(state_.stage);
  return make_loader_(state_.stage, steps * settings_.train.accumulate, log);
}

MicroBatch Trainer::next_micro_batch(data::Loader& loader, std::int64_t number) const {
  auto batch = loader.next();
  if (!batch) throw Error("[train] the training data ended; a training loader must be endless");
  const auto seed = static_cast<std::uint64_t>(settings_.train.seed);
  auto draws = method_.draw(*batch, {seed, state_.stage, batch->epoch, number});
  return {std::move(*batch), std::move(draws)};
}

std::optional<StepRecord> Trainer::optimizer_step() {
  if (!loader_ || loader_is_inside_step_) loader_ = open_loader(log_);
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
    MicroBatch next = next_micro_batch(*loader_, first_micro_batch() + micro);
    record.images += next.batch.size();
    if (captures_.enabled()) marks.push_back(mark_of(next));
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
  record.epoch = settings_.plan.epochs_at(state_.step);
}

void Trainer::keep_step(const GradientStep& gradients, const StepRecord& record,
                        std::vector<BatchMark> marks) {
  std::unique_ptr<data::Loader> again;  // the training loader keeps its place
  std::int64_t number = first_micro_batch();
  const auto read_again = [&] {
    // Training has reported broken files already.
    if (!again) again = open_loader(core::silent_log());
    return next_micro_batch(*again, number++);
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
  std::erase_if(captured.before.tensors, [](const auto& entry) {
    return entry.first.starts_with(kBest);  // no part of a step
  });
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

std::vector<std::string> Trainer::bad_samples() const {
  std::vector<std::string> all = bad_samples_;
  if (loader_) std::ranges::move(loader_->bad_samples(), std::back_inserter(all));
  return all;
}

}  // namespace dbot::train
