#include "dbot/train/validation.h"

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <cmath>
#include <utility>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/train/capture/gradient_step.h"

namespace dbot::train {

Validation::Validation(ValidationSettings settings, std::uint64_t seed,
                       runtime::Precision precision)
    : settings_(std::move(settings)), seed_(seed), precision_(precision) {}

bool Validation::is_due(const Plan& plan, const TrainState& state) const {
  const ValidationConfig& config = settings_.config;
  if (config.every_epochs <= 0 || !settings_.make_loader || state.step <= state_.step) return false;
  return state.step == plan.end_of(state.stage) ||
         plan.ends_interval(state.step, config.every_epochs);
}

ValidationRecord Validation::run(methods::Method& method, const Plan& plan, const TrainState& state,
                                 const core::StopRequest& stop) {
  const core::Stopwatch clock;
  const c10::NoGradGuard no_graph;
  const auto measure = method.measure_held_out();
  if (!measure) {
    throw Error({.operation = "validation",
                 .subject = "the method",
                 .fault = Fault::unsupported,
                 .reason = "has no figure of held-out samples"});
  }
  ValidationRecord record{.state = state, .epoch = plan.epochs_at(state.step)};
  methods::DrawContext context{.seed = seed_};
  const auto loader = settings_.make_loader(state.stage);
  while (auto batch = loader->next()) {
    if (stop.requested()) {
      throw Stopped("[train] stopped on request inside a validation; it is made anew");
    }
    record.samples += batch->size();
    const MicroBatch here =
        move_to(MicroBatch{std::move(*batch), {}}, method.parameters().device());
    measure->add(here.batch, context, precision_);
    ++context.micro_batch;
  }
  note(record, measure->figures(), method);
  record.ends_stage = settings_.config.patience > 0 &&
                      state_.without_better >= settings_.config.patience &&
                      state.step < plan.end_of(state.stage);
  record.seconds = clock.seconds();
  return record;
}

void Validation::note(ValidationRecord& record, const methods::HeldOutFigures& figures,
                      const methods::Method& method) {
  record.figures = figures.values;
  const double figure = figures.values.at(0).second;
  const bool better = figures.higher_is_better ? figure > state_.best : figure < state_.best;
  record.best = std::isfinite(figure) && (state_.best_step == 0 || better);
  state_.step = record.state.step;
  if (!record.best) {
    ++state_.without_better;
    return;
  }
  state_.best = figure;
  state_.best_step = record.state.step;
  state_.without_better = 0;
  if (!settings_.config.keep_best) return;
  best_.clear();
  for (const auto& [name, tensor] : method.state()) best_[name] = tensor.detach().clone();
}

void Validation::begin_stage() {
  state_.best_step = 0;
  state_.best = 0;
  state_.without_better = 0;
  best_.clear();
}

runtime::NamedTensors Validation::take_best(std::int64_t step) {
  runtime::NamedTensors best = std::exchange(best_, {});
  if (state_.best_step == step) best.clear();
  return best;
}

void Validation::resume(const ValidationState& state, runtime::NamedTensors best) {
  state_ = state;
  best_ = std::move(best);
}

}  // namespace dbot::train
