#include "dbot/train/trainer.h"

#include <cmath>
#include <exception>
#include <utility>

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
                  settings_.precision),
      ranks_(settings_.ranks != nullptr ? *settings_.ranks : alone_),
      share_(share_of_step(settings_.train.accumulate, settings_.train.lanes_or_one(),
                           ranks_.rank(), ranks_.count())),
      lanes_(share_.lanes),
      spikes_(settings_.train.spike_factor) {}

void LoaderStart::apply_to(data::LoaderConfig& config) const {
  config.rank = rank;
  config.ranks = ranks;
  config.batches_per_step = share.count;
  config.first_batch = first_step * share.count;
}

std::unique_ptr<WeightUpdate> Trainer::fresh_update() {
  return std::make_unique<WeightUpdate>(method_, settings_.optimizer, ranks_);
}

void Trainer::resume(const Checkpoint& checkpoint) {
  state_ = checkpoint.state;
  method_.load_state(state_.stage, checkpoint.tensors);
  update_ = fresh_update();
  update_->load_state(methods::without_prefix("optimizer.", checkpoint.tensors));
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
  if (!update_) {
    method_.begin_stage(0);
    show_batches(methods::StageMoment::begins);
    update_ = fresh_update();
  }
  summary_ = {};
  stop_ = &stop;
  ends_ = false;
  try {
    require_shareable();
    require_repeatable();
    keeps_ = ranks_.as_first(captures_.enabled());
    keeps_skipped_ = captures_.wants(state_.step + 1, /*skipped=*/true);
    check_weights();
    make_steps();
    summary_.finished = state_.step >= settings_.plan.total_steps() &&
                        (ends_ || ranks_.agree({}).standing != Standing::given_up);
    ends_ = true;
    save_or_fail();
    if (summary_.finished) {
      for (TrainObserver* observer : observers_) observer->on_end(state_, method_);
    }
  } catch (const Stopped&) {
    // Work between the steps was stopped on request. The weights are those after a whole step.
    read_rest();
    if (!std::exchange(ends_, true)) ranks_.agree({.standing = Standing::given_up});
    save_or_fail();
    summary_.finished = false;
  } catch (const std::exception&) {
    read_rest();
    save_after_error();
    throw;
  }
  summary_.state = state_;
  return summary_;
}

void Trainer::require_shareable() {
  if (ranks_.alone() || method_.parameters().flat_buffers().numel() == 0) return;
  throw UsageError({.operation = "processes",
                    .subject = std::to_string(ranks_.count()) + " processes",
                    .fault = Fault::unsupported,
                    .reason = "cannot train this system together: the micro-batches of a step "
                              "write its buffers one after another",
                    .way_out = "start one, with more threads"});
}

void Trainer::make_steps() {
  {
    const Ranks::Busy busy(ranks_);
    const auto interrupted = validate();  // observers begin with what it leaves
    for (TrainObserver* observer : observers_) observer->on_begin(settings_.plan, state_, method_);
    if (interrupted) {
      tell_of_validation(*interrupted);
      go_on_together();
      saves_ = ranks_.as_first(saver_.is_due(state_.step, settings_.plan));
      finish_step();
    }
  }
  while (goes_on()) {
    const bool made = is_late() ? make_late_step() : settle() && make_step();
    if (!made) break;
  }
  settle();
}

bool Trainer::goes_on() {
  if (state_.step >= settings_.plan.total_steps() || ends_) return false;
  if (ranks_.alone() && stop_->requested()) return false;
  return state_.step != stage_end() || begin_next_stage();
}

bool Trainer::make_step() {
  const std::optional<StepRecord> record = optimizer_step();
  if (!record) return false;
  take(*record);
  end_step();
  return true;
}

void Trainer::take(const StepRecord& record) {
  account(record);
  const Ranks::Busy busy(ranks_);
  for (TrainObserver* observer : observers_) observer->on_step(record, method_);
  throw_if_hopeless(record.state, settings_.train.max_skipped_steps, settings_.plan.total_steps());
  // The first rank alone knows the loss of all, and ends the others.
  if (ranks_.first()) spikes_.see(record.state.stage, record.state.step, record.loss);
}

void Trainer::end_step() {
  const Ranks::Busy busy(ranks_);
  if (const auto validation = validate()) tell_of_validation(*validation);
  finish_step();
}

double Trainer::learning_rate() const {
  return rate_of_step(settings_.schedule, settings_.stages, settings_.plan, state_.stage,
                      state_.step, settings_.optimizer.base_lr, settings_.train.images_per_step());
}

methods::StepContext Trainer::step_context() const {
  return {state_.stage, state_.step, settings_.precision};
}

LoaderStart Trainer::loader_start() const {
  return {.stage = state_.stage,
          .first_step = state_.step - settings_.plan.data_begin_of(state_.stage),
          .share = share_,
          .rank = ranks_.rank(),
          .ranks = ranks_.count()};
}

MicroBatch Trainer::next_micro_batch(data::Loader& loader, std::int64_t number) const {
  auto batch = loader.next();
  if (!batch) throw Error("[train] the training data ended; a training loader must be endless");
  const auto seed = static_cast<std::uint64_t>(settings_.train.seed);
  auto draws = method_.draw(*batch, {seed, state_.stage, batch->epoch, number});
  return {std::move(*batch), std::move(draws)};
}

void Trainer::begin_step() {
  if (!loader_ || loader_is_inside_step_) loader_ = make_loader_(loader_start(), log_);
  loader_is_inside_step_ = false;
  ranks_.set_step(state_.step + 1);
  step_clock_.restart();
}

std::optional<StepRecord> Trainer::optimizer_step() {
  begin_step();
  const double waited = loader_->wait_seconds();
  StepRecord record;
  std::vector<BatchMark> marks;
  GradientStep gradients(method_, step_context(), share_, lanes_);
  const Agreement agreed = sums_early() ? make_share_early(gradients, record, marks)
                                        : make_share(gradients, record, marks);
  ends_ = agreed.standing != Standing::whole && !ranks_.alone();
  if (agreed.standing == Standing::given_up) {
    drop_step();
    return std::nullopt;
  }
  saves_ = agreed.saves;
  const double norm = sums_early() ? update_->norm_of_sum() : update_->sum_gradients();
  add_report(gradients, record);
  record.learning_rate = learning_rate();
  record.gradient_norm = agreed.finite ? norm : std::nan("");
  record.skipped = !std::isfinite(record.gradient_norm);
  keep_if_wanted(gradients, record, std::move(marks));
  if (!record.skipped) gradients.count();
  apply(record);
  advance(record);
  record.batches_ahead = loader_->ahead();
  record.data_wait_seconds = loader_->wait_seconds() - waited;
  record.seconds = step_clock_.seconds();
  return record;
}

Agreement Trainer::own_agreement(bool whole, bool finite) const {
  Agreement own{.standing = Standing::whole, .finite = finite};
  if (!whole) {
    own.standing = Standing::given_up;
  } else if (stop_->requested()) {
    own.standing = Standing::last;
  }
  own.saves = ranks_.first() && saver_.is_due(state_.step + 1, settings_.plan);
  return own;
}

void Trainer::drop_step() {
  method_.zero_gradients();
  loader_is_inside_step_ = true;
}

void Trainer::add_report(const GradientStep& gradients, StepRecord& record) {
  StepReport report{.losses = gradients.losses(),
                    .scalars = gradients.scalars(),
                    .findings = loader_->take_findings(),
                    .samples = record.images};
  report = gather_report(ranks_.group(), std::move(report), *loader_);
  losses_ = std::move(report.losses);
  record.loss = mean_of(losses_);
  record.scalars = means_of(report.scalars);
  record.images *= ranks_.count();
}

void Trainer::apply(const StepRecord& record) {
  if (record.skipped) return method_.zero_gradients();
  update_->step(record.learning_rate,
                optim::Optimizer::clip_scale(record.gradient_norm, settings_.optimizer.clip_norm));
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

}  // namespace dbot::train
