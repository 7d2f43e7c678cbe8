#include "dbot/report/metrics/evaluation_observer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "dbot/core/clock.h"
#include "dbot/methods/method.h"
#include "dbot/report/metrics/evaluation_table.h"
#include "dbot/report/metrics/scalar_name.h"
#include "dbot/runtime/tensor_memory.h"

namespace dbot::report {
namespace {

std::string describe(const EvaluationRecord& record) {
  std::string text = record.label + ":";
  for (const EvaluationRow& row : record.results) {
    text += fmt::format("  {} {}", protocol_title(row.protocol), row.features);
    if (!std::isnan(row.top1)) text += fmt::format(" {:.2f}%", row.top1);
    for (const auto& [name, value] : row.figures) {
      text += fmt::format(" {} {}", scalar_name(name), figure_text(value));
    }
  }
  return text;
}

}  // namespace

EvaluationObserver::EvaluationObserver(EvaluationSchedule schedule, Evaluations evaluations,
                                       MetricsFile& metrics, core::Log log)
    : schedule_(schedule),
      evaluations_(std::move(evaluations)),
      metrics_(metrics),
      log_(std::move(log)) {}

void EvaluationObserver::on_begin(const train::Plan& plan, const train::TrainState& state,
                                  methods::Method& method) {
  plan_ = plan;
  records_ = read_evaluations(metrics_.path());
  if (schedule_.at_start) {
    if (evaluations_.of_pixels) {
      evaluate({"raw pixels", Moment::pixels}, {}, evaluations_.of_pixels);
    }
    if (state.step == 0) evaluate_network(start_of(method), state, method);
  }
  if (state.step > 0) make_up_for_interrupted(state, method);
}

// A checkpoint is written before the evaluation of its step: a run that was stopped in between
// comes back to exactly here.
void EvaluationObserver::make_up_for_interrupted(const train::TrainState& state,
                                                 methods::Method& method) {
  if (ends_stage(state)) {
    on_stage_end(state.stage, state, method);
  } else if (plan_.ends_epoch(state.step)) {
    on_epoch_end(plan_.epoch_ended_at(state.step), state, method);
  }
}

bool EvaluationObserver::ends_stage(const train::TrainState& state) const {
  return state.step == plan_.end_of(state.stage);
}

bool EvaluationObserver::due_after_epoch(std::int64_t epoch, std::int64_t step) const {
  if (schedule_.every_epochs <= 0) return false;
  // A multiple need not be a whole number: due is the first whole epoch at or after it.
  const auto multiples = [&](std::int64_t at) {
    return std::floor(static_cast<double>(at) / schedule_.every_epochs);
  };
  if (multiples(epoch) == multiples(epoch - 1)) return false;
  // At a stage's end it is evaluated under the stage's name.
  const auto& ends = plan_.stage_begin;
  return !schedule_.at_stage_ends || std::find(ends.begin(), ends.end(), step) == ends.end();
}

std::int64_t EvaluationObserver::remaining(const train::TrainState& state) const {
  std::int64_t count = 0;
  if (schedule_.at_stage_ends) {
    count += std::ranges::count_if(plan_.stage_begin,
                                   [&](std::int64_t end) { return end > state.step; });
  }
  for (const std::int64_t end : plan_.epoch_ends()) {
    if (end > state.step && due_after_epoch(plan_.epoch_ended_at(end), end)) ++count;
  }
  return count;
}

double EvaluationObserver::seconds_of_one() const {
  for (auto record = records_.rbegin(); record != records_.rend(); ++record) {
    const bool of_network = !record->results.empty() && record->results[0].features != "pixels";
    if (of_network && std::isfinite(record->seconds)) return record->seconds;
  }
  return 0;
}

void EvaluationObserver::on_epoch_end(std::int64_t epoch, const train::TrainState& state,
                                      methods::Method& method) {
  if (!due_after_epoch(epoch, state.step)) return;
  evaluate_network(end_of_epoch(epoch), state, method);
}

void EvaluationObserver::on_stage_end(std::int64_t stage, const train::TrainState& state,
                                      methods::Method& method) {
  if (schedule_.at_stage_ends) evaluate_network(end_of_stage(stage), state, method);
}

void EvaluationObserver::evaluate_network(const NamedMoment& when, const train::TrainState& state,
                                          methods::Method& method) {
  evaluate(when, state, [&] { return evaluations_.of_network(method); });
}

void EvaluationObserver::evaluate(const NamedMoment& when, const train::TrainState& state,
                                  const std::function<std::vector<EvaluationRow>()>& results) {
  const auto& [label, moment] = when;
  if (std::ranges::count(records_, label, &EvaluationRecord::label) > 0) return;
  log_(core::LogLevel::information, fmt::format("evaluating {} …", label));
  const double epoch = plan_.epochs_at(state.step);
  EvaluationRecord record{label, state.step, state.stage, epoch, {}};
  record.moment = moment;
  const core::Stopwatch clock;
  {
    const runtime::WorkApart apart;
    record.results = results();
  }
  record.seconds = clock.seconds();
  seconds_spent_ += record.seconds;
  metrics_.write(record);
  if (listener_) listener_(record);
  log_(core::LogLevel::information, describe(record));
  records_.push_back(std::move(record));
}

}  // namespace dbot::report
