#include "dbot/report/metrics/events.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/report/metrics/scalar_name.h"

namespace dbot::report {

using formats::EventScalar;

Events::Events(std::filesystem::path folder, core::Log log, std::function<double()> clock)
    : folder_(std::move(folder)), log_(std::move(log)), clock_(std::move(clock)) {}

double Events::seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void Events::attempt(const std::function<void()>& work) {
  if (given_up_) return;
  try {
    work();
  } catch (const Error& error) {
    file_.reset();
    given_up_ = true;
    log_(core::LogLevel::warning,
         fmt::format("{}; the run goes on without events for TensorBoard", error.what()));
  }
}

void Events::on_begin(const train::Plan&, const train::TrainState& state, methods::Method&) {
  first_step_ = state.step + 1;
}

void Events::add(std::int64_t step, const std::vector<EventScalar>& scalars) {
  attempt([&] {
    const double now = clock_();
    if (!file_) {
      file_ = std::make_unique<formats::EventFile>(formats::next_event_path(folder_, now), now);
      file_->restart(first_step_, now);
    }
    file_->add(step, now, scalars);
  });
}

void Events::on_step(const train::StepRecord& record, methods::Method&) {
  const auto rate = [&record](double part) {
    return record.seconds > 0 ? part / record.seconds : 0;
  };
  std::vector<EventScalar> scalars;
  const auto note = [&scalars](std::string tag, double value) {
    scalars.push_back({std::move(tag), static_cast<float>(value)});
  };
  note("train/loss", record.loss);
  note("train/gradient_norm", record.gradient_norm);
  note("train/learning_rate", record.learning_rate);
  note("train/epoch", record.epoch);
  note("train/images_per_second", rate(static_cast<double>(record.images)));
  note("train/data_wait_fraction", rate(record.data_wait_seconds));
  if (record.batches_ahead > 0) note("train/batches_ready", record.batches_ready);
  for (const auto& [name, value] : record.scalars) note("scalars/" + scalar_name(name), value);
  add(record.state.step, scalars);
}

void Events::on_validation(const train::ValidationRecord& record, methods::Method&) {
  std::vector<EventScalar> scalars;
  for (const auto& [name, value] : record.figures) {
    scalars.push_back({"validation/" + scalar_name(name), static_cast<float>(value)});
  }
  if (!scalars.empty()) add(record.state.step, scalars);
}

void Events::write(const EvaluationRecord& record) {
  std::vector<EventScalar> scalars;
  for (const EvaluationRow& row : record.results) {
    const std::string group = fmt::format("evaluation/{}_{}_", row.protocol, row.features);
    const auto note = [&](const std::string& name, double value) {
      if (!std::isnan(value)) scalars.push_back({group + name, static_cast<float>(value)});
    };
    note("top1", row.top1);
    note("top5", row.top5);
    for (const auto& [name, value] : row.figures) note(scalar_name(name), value);
  }
  if (!scalars.empty()) add(record.step, scalars);
}

}  // namespace dbot::report
