// Steps on a device that are read one step late.
#include <fmt/format.h>

#include <cmath>
#include <exception>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/methods/capabilities/repeats_steps.h"
#include "dbot/train/trainer.h"

namespace dbot::train {

bool Trainer::is_late() const {
  if (!ranks_.alone() || method_.parameters().device().is_cpu()) return false;
  // Who looks at a step before the next one may begin has to wait for it.
  if (method_.waits_for_steps() || settings_.train.spike_factor > 0) return false;
  return !(keeps_ && state_.step + 1 == settings_.train.capture_step);
}

/// The newest step is known before anything that needs it: what is due behind it, and the end of a
/// run in which too many steps in a row were skipped.
bool Trainer::must_settle() const {
  const Plan& plan = settings_.plan;
  return state_.step == stage_end() || state_.step >= plan.total_steps() || saves_ ||
         plan.ends_epoch(state_.step) || validation_.is_due(plan, state_) || stop_->requested() ||
         state_.skipped_in_a_row + 1 >= settings_.train.max_skipped_steps;
}

bool Trainer::make_late_step() {
  std::optional<LateStep> told = tell_step();
  if (!told) return false;
  std::optional<LateStep> before = std::exchange(unread_, std::move(told));
  if (before && !take_late(std::move(*before), /*newest=*/false)) return false;
  if (unread_) unread_->record.seconds = step_clock_.seconds();
  return must_settle() ? settle() : true;
}

std::optional<LateStep> Trainer::tell_step() {
  begin_step();
  const double waited = loader_->wait_seconds();
  const TrainState before = state_;
  StepRecord record;
  record.learning_rate = learning_rate();
  prepare_device();
  const auto figures =
      repeated_ && repeated_->is_due() ? repeat_step(record) : tell_plain_step(record);
  if (!figures) {
    drop_step();
    return std::nullopt;
  }
  loader_->take_findings();
  ++state_.step;
  state_.images_seen += record.images;
  saves_ = saver_.is_due(state_.step, settings_.plan);
  record.state = state_;
  record.epoch = settings_.plan.epochs_at(state_.step);
  record.batches_ahead = loader_->ahead();
  record.data_wait_seconds = loader_->wait_seconds() - waited;
  record.seconds = step_clock_.seconds();
  return LateStep{.before = before,
                  .record = std::move(record),
                  .figures = LateFigures(*figures),
                  .closes_gate = keeps_skipped_};
}

/// What a step is told beside its batches: the device keeps it.
void Trainer::prepare_device() {
  if (!gate_) gate_.emplace(method_.parameters().flat_values());
  gate_->close_behind_skips(keeps_skipped_);
  update_->set_rate(learning_rate());
  if (!repeated_ && settings_.train.graph != GraphUse::off && why_not_repeated().empty()) {
    repeated_.emplace(method_.parameters().device(), settings_.train.graph, log_);
  }
}

std::optional<StepFigures> Trainer::tell_plain_step(StepRecord& record) {
  GradientStep gradients(method_, step_context(), share_, lanes_);
  gradients.stay_on_device();
  std::vector<BatchMark> unused;  // a step is made again before it is kept
  if (!add_micro_batches(gradients, record, unused, share_.count)) return std::nullopt;
  if (repeated_) repeated_->saw_plain_step();
  return finish_on_device(gradients);
}

StepFigures Trainer::finish_on_device(GradientStep& gradients) {
  const at::Tensor norm = update_->norm_on_device();
  methods::StepContext context = step_context();
  context.skipped = gate_->skipped(gradients.losses_on_device(), norm);
  update_->step_on_device(norm, context.skipped);
  gradients.count_unless(context.skipped);
  method_.after_step(context);
  return figures_of(gradients, norm, context.skipped);
}

std::optional<StepFigures> Trainer::repeat_step(StepRecord& record) {
  std::vector<MicroBatch> micro_batches;
  micro_batches.reserve(static_cast<std::size_t>(share_.count));
  for (std::int64_t micro = 0; micro < share_.count; ++micro) {
    if (micro > 0 && stop_->requested()) return std::nullopt;
    const core::Stopwatch of_one;
    micro_batches.push_back(take_micro_batch(record, micro));
    tell_of_micro_batch(record, micro + 1, std::nan(""), of_one.seconds());
  }
  return repeated_->make(micro_batches, [this](const std::vector<MicroBatch>& here) {
    GradientStep gradients(method_, step_context(), share_, lanes_);
    gradients.stay_on_device();
    for (const MicroBatch& micro : here) gradients.add(micro);
    return finish_on_device(gradients);
  });
}

void Trainer::require_repeatable() const {
  if (settings_.train.graph != GraphUse::on) return;
  const std::string obstacle = why_not_repeated();
  if (obstacle.empty()) return;
  throw UsageError({.operation = "train",
                    .subject = "train.graph",
                    .fault = Fault::unsupported,
                    .reason = "is on, but steps cannot be repeated as a graph here: " + obstacle,
                    .way_out = "set train.graph = \"auto\""});
}

std::string Trainer::why_not_repeated() const {
  const runtime::Device device = method_.parameters().device();
  if (!runtime::has_step_graphs(device)) {
    return fmt::format("{} has no graphs", to_string(device));
  }
  if (dynamic_cast<const methods::RepeatsSteps*>(&method_) == nullptr) {
    return "this system's steps are not all alike";
  }
  if (!ranks_.alone()) return "several processes train together";
  if (method_.waits_for_steps()) return "this system looks at each step before the next";
  return settings_.train.spike_factor > 0 ? "train.spike_factor looks at each step's loss" : "";
}

bool Trainer::take_late(LateStep step, bool newest) {
  LateFigures::Values found = step.figures.read();
  if (found.skipped && step.closes_gate) return make_again(step.before);
  StepRecord& record = step.record;
  if (newest) record.seconds = step_clock_.seconds();
  losses_ = std::move(found.losses);
  record.loss = mean_of(losses_);
  record.scalars = means_of(found.scalars);
  record.gradient_norm = std::isfinite(record.loss) ? found.norm : std::nan("");
  record.skipped = found.skipped;
  state_.skipped_steps += record.skipped ? 1 : 0;
  state_.skipped_in_a_row = record.skipped ? state_.skipped_in_a_row + 1 : 0;
  record.state.skipped_steps = state_.skipped_steps;
  record.state.skipped_in_a_row = state_.skipped_in_a_row;
  take(record);
  if (newest) end_step();
  return true;
}

bool Trainer::settle() {
  if (!unread_) return true;
  LateStep step = *std::exchange(unread_, std::nullopt);
  return take_late(std::move(step), /*newest=*/true);
}

bool Trainer::make_again(const TrainState& before) {
  unread_.reset();  // the gate let nothing behind it count
  gate_->open();
  state_.step = before.step;
  state_.images_seen = before.images_seen;
  loader_is_inside_step_ = true;
  return make_step();
}

void Trainer::read_rest() {
  try {
    settle();
  } catch (const std::exception& problem) {
    log_(core::LogLevel::warning,
         fmt::format("the last step could not be looked at: {}", problem.what()));
  }
}

}  // namespace dbot::train
