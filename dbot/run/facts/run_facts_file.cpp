#include "dbot/run/facts/run_facts_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/runtime/machine.h"

namespace dbot::run {

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

void RunFactsFile::on_step(const train::StepRecord& record, methods::Method&) {
  if (seconds_before_ < 0) {
    const double passed = since_begin_.seconds();
    seconds_before_ = std::max(0.0, passed - record.seconds);
  }
  if (!estimate_->add(record.seconds, record.images)) return;
  facts_.plan.seconds = estimate_->total_seconds(rest_of_run(record.state));
  facts_.plan.images_per_second = estimate_->images_per_second();
  log_(core::LogLevel::information, time_line(facts_));
  write();
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
