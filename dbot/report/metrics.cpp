#include "dbot/report/metrics.h"

#include <fmt/format.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "dbot/core/error.h"
#include "dbot/runtime/machine.h"

namespace dbot::report {
namespace {

using nlohmann::ordered_json;

// Stages are counted from 1 in the file, as in "stage 1". Non-finite numbers become null.
ordered_json record_of(const char* type, const train::TrainState& state) {
  return {{"type", type}, {"step", state.step}, {"stage", state.stage + 1}};
}

void require_good(const std::ofstream& file, const std::filesystem::path& path) {
  if (file) return;
  throw Error(fmt::format("[metrics] cannot write {}: {}", path.string(),
                          std::generic_category().message(errno)));
}

double fraction(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

}  // namespace

void MetricsFile::write_line(std::string line) {
  line += '\n';
  errno = 0;
  file_.write(line.data(), static_cast<std::streamsize>(line.size()));
  file_.flush();
  require_good(file_, path_);
}

void MetricsFile::on_begin(const train::Plan& plan, const train::TrainState& state,
                           methods::Method&) {
  cut_metrics(path_, state.step);
  errno = 0;
  file_.close();
  file_.clear();
  file_.open(path_, std::ios::binary | std::ios::app);
  require_good(file_, path_);
  ordered_json record = record_of("begin", state);
  record["stages"] = plan.stages();
  record["total_steps"] = plan.total_steps();
  record["steps_per_epoch"] = plan.steps_per_epoch;
  record["stage_begin"] = plan.stage_begin;
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
  record["seconds"] = step.seconds;
  record["images_seen"] = step.state.images_seen;
  if (step.skipped) record["skipped"] = true;
  for (const auto& [name, value] : step.scalars) record["scalars"][name] = value;
  write_line(record.dump());
}

void MetricsFile::on_stage_end(std::int64_t, const train::TrainState& state, methods::Method&) {
  ordered_json record = record_of("stage", state);
  record["peak_memory_bytes"] = runtime::peak_memory_bytes();
  write_line(record.dump());
}

void MetricsFile::on_end(const train::TrainState& state, methods::Method&) {
  ordered_json record = record_of("end", state);
  record["images_seen"] = state.images_seen;
  record["skipped_steps"] = state.skipped_steps;
  record["peak_memory_bytes"] = runtime::peak_memory_bytes();
  write_line(record.dump());
}

void MetricsFile::write(const EvaluationRecord& evaluation) {
  ordered_json record = {{"type", "evaluation"},
                         {"step", evaluation.step},
                         {"stage", evaluation.stage + 1},
                         {"epoch", evaluation.epoch},
                         {"label", evaluation.label},
                         {"seconds", evaluation.seconds},
                         {"results", ordered_json::array()}};
  for (const EvaluationRow& row : evaluation.results) {
    record["results"].push_back({{"protocol", row.protocol},
                                 {"features", row.features},
                                 {"top1", row.top1},
                                 {"top5", row.top5},
                                 {"seconds", row.seconds},
                                 {"train_samples", row.train_samples},
                                 {"test_samples", row.test_samples}});
  }
  write_line(record.dump());
}

}  // namespace dbot::report
