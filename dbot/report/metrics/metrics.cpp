#include "dbot/report/metrics/metrics.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/report/metrics/scalar_name.h"
#include "dbot/runtime/machine.h"

namespace dbot::report {
namespace {

using nlohmann::ordered_json;

// Stages are counted from 1 in the file, as in "stage 1". Non-finite numbers become null.
ordered_json record_of(const char* type, const train::TrainState& state) {
  return {{"type", type}, {"step", state.step}, {"stage", state.stage + 1}};
}

/// Adds what a plan is.
void add_plan(const train::Plan& plan, ordered_json& record) {
  record["stages"] = plan.stages();
  record["total_steps"] = plan.total_steps();
  record["steps_per_epoch"] = plan.steps_per_epoch;
  record["stage_begin"] = plan.stage_begin;
  if (!plan.has_own_data()) return;
  record["stage_steps_per_epoch"] = plan.own_steps_per_epoch;
  record["epochs"] = plan.epochs_at(plan.total_steps());
}

double fraction(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

}  // namespace

void MetricsFile::write_line(std::string line) {
  const bool waited = file_.waiting() > 0;
  if (file_.append(line + '\n')) {
    if (waited) log_(core::LogLevel::information, path_.string() + " is written again");
    failures_ = {};
  } else if (failures_.next()) {
    log_(core::LogLevel::warning,
         fmt::format("[metrics] cannot write {}: {}; training goes on, {} lines wait in memory",
                     path_.string(), file_.problem(), file_.waiting()));
  }
}

void MetricsFile::on_begin(const train::Plan& plan, const train::TrainState& state,
                           methods::Method&) {
  cut_metrics(path_, state.step);
  has_end_ = false;
  validated_step_ = 0;
  for (const MetricsRecord& record : read_metrics(path_)) {
    has_end_ = has_end_ || record.type == "end";
    if (record.type == "validation") validated_step_ = record.step;
  }
  file_ = core::AppendFile(path_);
  if (has_end_) return;
  ordered_json record = record_of("begin", state);
  add_plan(plan, record);
  write_line(record.dump());
}

void MetricsFile::on_validation(const train::ValidationRecord& validation, methods::Method&) {
  // One that is made anew, since its checkpoint is older, stands there already.
  if (validation.state.step <= validated_step_) return;
  validated_step_ = validation.state.step;
  ordered_json record = record_of("validation", validation.state);
  record["epoch"] = validation.epoch;
  for (const auto& [name, value] : validation.figures) record["figures"][scalar_name(name)] = value;
  record["samples"] = validation.samples;
  record["seconds"] = validation.seconds;
  if (validation.best) record["best"] = true;
  if (validation.ends_stage) record["ends_stage"] = true;
  write_line(record.dump());
}

void MetricsFile::on_plan(const train::Plan& plan, const train::TrainState& state) {
  ordered_json record = record_of("plan", state);
  add_plan(plan, record);
  write_line(record.dump());
}

void MetricsFile::on_step(const train::StepRecord& step, methods::Method&) {
  ordered_json record = record_of("step", step.state);
  record["epoch"] = step.epoch;
  record["loss"] = step.loss;
  record["gradient_norm"] = step.gradient_norm;
  record["learning_rate"] = step.learning_rate;
  record["images_per_second"] = fraction(static_cast<double>(step.images), step.seconds);
  record["data_wait_fraction"] = fraction(step.data_wait_seconds, step.seconds);
  if (step.batches_ahead > 0) {
    record["batches_ready"] = step.batches_ready;
    record["batches_ahead"] = step.batches_ahead;
  }
  record["seconds"] = step.seconds;
  record["images_seen"] = step.state.images_seen;
  if (step.skipped) record["skipped"] = true;
  for (const auto& [name, value] : step.scalars) record["scalars"][scalar_name(name)] = value;
  write_line(record.dump());
}

void MetricsFile::on_stage_end(std::int64_t, const train::TrainState& state, methods::Method&) {
  ordered_json record = record_of("stage", state);
  record["peak_memory_bytes"] = runtime::peak_memory_bytes();
  write_line(record.dump());
}

void MetricsFile::on_end(const train::TrainState& state, methods::Method&) {
  if (has_end_) return;
  ordered_json record = record_of("end", state);
  record["images_seen"] = state.images_seen;
  record["skipped_steps"] = state.skipped_steps;
  record["peak_memory_bytes"] = runtime::peak_memory_bytes();
  write_line(record.dump());
  const bool written = file_.waiting() == 0 || patience_.until([&] { return file_.flush(); });
  if (written && file_.dropped() == 0) return;
  throw Error(fmt::format(
      "[metrics] {} lines could not be written to {} ({}); the weights and the last checkpoint are "
      "whole, only these figures are lost",
      file_.waiting() + file_.dropped(), path_.string(),
      written ? "too many waited" : file_.problem()));
}

void MetricsFile::write(const EvaluationRecord& evaluation) {
  ordered_json record = {
      {"type", "evaluation"},          {"step", evaluation.step},
      {"stage", evaluation.stage + 1}, {"epoch", evaluation.epoch},
      {"label", evaluation.label},     {"moment", moment_name(evaluation.moment)},
      {"seconds", evaluation.seconds}, {"results", ordered_json::array()}};
  for (const EvaluationRow& row : evaluation.results) {
    ordered_json result{{"protocol", row.protocol},
                        {"features", row.features},
                        {"top1", row.top1},
                        {"top5", row.top5},
                        {"seconds", row.seconds},
                        {"train_samples", row.train_samples},
                        {"test_samples", row.test_samples}};
    for (const auto& [name, value] : row.figures) result["figures"][scalar_name(name)] = value;
    record["results"].push_back(std::move(result));
  }
  write_line(record.dump());
}

}  // namespace dbot::report
