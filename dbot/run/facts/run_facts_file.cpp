#include "dbot/run/facts/run_facts_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/report/terminal/progress_text.h"
#include "dbot/runtime/machine.h"

namespace dbot::run {
namespace {

constexpr double kWorthAForecast = 30;  // seconds of the whole run
constexpr double kDay = 24 * 3600.0;    // seconds

}  // namespace

RunFactsFile::RunFactsFile(std::filesystem::path path, Gather gather,
                           const report::EvaluationObserver* evaluation, core::Log log)
    : path_(std::move(path)),
      gather_(std::move(gather)),
      evaluation_(evaluation),
      log_(std::move(log)),
      program_bytes_(static_cast<double>(runtime::peak_memory_bytes())) {}

void RunFactsFile::on_begin(const train::Plan& plan, const train::TrainState& state,
                            methods::Method& method) {
  facts_ = gather_(plan, method);
  facts_.plan.memory.program += program_bytes_;
  plan_ = plan;
  estimate_.emplace(plan.total_steps() - state.step);
  if (state.step < plan.total_steps()) {
    std::string table = facts_table(facts_);
    log_(core::LogLevel::information, table);
  }
  write();
  since_begin_.restart();
  seconds_before_ = -1;
}

void RunFactsFile::on_micro_batch(const train::StepProgress& progress, methods::Method&) {
  note_first_step(progress.seconds);
  const auto of_a_step = forecast_.add(progress.last_seconds, progress.of);
  if (!of_a_step) return;
  const TimeEstimate::Rest rest = rest_of_run(progress.state);
  const double seconds =
      rest.seconds_before + rest.seconds_afterwards +
      *of_a_step * static_cast<double>(plan_.total_steps() - progress.state.step);
  if (seconds < kWorthAForecast) return;
  log_(core::LogLevel::information, forecast_line(seconds, *of_a_step));
  warn_of_days(seconds);
}

void RunFactsFile::on_step(const train::StepRecord& record, methods::Method&) {
  note_first_step(record.seconds);
  if (!estimate_->add(record.seconds, record.images)) return;
  facts_.plan.seconds = estimate_->total_seconds(rest_of_run(record.state));
  facts_.plan.images_per_second = estimate_->images_per_second();
  log_(core::LogLevel::information, time_line(facts_));
  warn_of_days(facts_.plan.seconds);
  write();
}

void RunFactsFile::note_first_step(double seconds) {
  if (seconds_before_ < 0) seconds_before_ = std::max(0.0, since_begin_.seconds() - seconds);
}

void RunFactsFile::warn_of_days(double seconds) {
  if (warned_of_days_ || seconds <= kDay) return;
  warned_of_days_ = true;
  log_(core::LogLevel::warning,
       fmt::format("the run takes {}, more than a day; schedule.total_epochs makes it shorter, a "
                   "smaller model or image quicker. It can be stopped at any time and gone on with",
                   report::duration_text(seconds)));
}

TimeEstimate::Rest RunFactsFile::rest_of_run(const train::TrainState& state) const {
  TimeEstimate::Rest rest{seconds_before_, 0};
  if (evaluation_ == nullptr) return rest;
  // What else was done before the first step (pictures of the untrained network) is done again at
  // the end of each stage.
  const double others = std::max(0.0, seconds_before_ - evaluation_->seconds_spent());
  rest.seconds_afterwards =
      static_cast<double>(evaluation_->remaining(state)) * evaluation_->seconds_of_one() +
      static_cast<double>(plan_.stages() - state.stage) * others;
  return rest;
}

void RunFactsFile::write() {
  try {
    core::write_file_atomically(path_, to_json(facts_));
  } catch (const Error& error) {
    log_(core::LogLevel::warning, fmt::format("{}; the run goes on without it", error.what()));
  }
}

}  // namespace dbot::run
