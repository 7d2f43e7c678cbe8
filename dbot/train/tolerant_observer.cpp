#include "dbot/train/tolerant_observer.h"

#include <fmt/format.h>

#include <bit>
#include <exception>
#include <utility>

#include "dbot/core/error.h"

namespace dbot::train {
namespace {

/// LibTorch appends a stack trace to its messages.
std::string_view line_of(std::string_view message) {
  return message.substr(0, message.find('\n'));
}

}  // namespace

TolerantObserver::TolerantObserver(std::unique_ptr<TrainObserver> observer, std::string what,
                                   core::Log log)
    : observer_(std::move(observer)), what_(std::move(what)), log_(std::move(log)) {}

bool TolerantObserver::attempt(const std::function<void()>& call) {
  try {
    call();
    return true;
  } catch (const Stopped&) {
    throw;
  } catch (const DataError& problem) {
    tell(problem.what());
    last_was_of_data_ = true;
  } catch (const Error& problem) {
    tell(problem.what());  // all of it: files stand on lines of their own
  } catch (const std::exception& problem) {
    tell(line_of(problem.what()));
  }
  return false;
}

void TolerantObserver::tell(std::string_view problem) {
  ++failures_;
  last_problem_ = problem;
  last_was_of_data_ = false;
  if (!std::has_single_bit(static_cast<std::uint64_t>(failures_))) return;
  log_(core::LogLevel::warning, fmt::format("{}: {}; the run goes on without ({} of these so far)",
                                            what_, problem, failures_));
}

void TolerantObserver::attempt_if_begun(const std::function<void()>& call) {
  if (begun_) attempt(call);
}

void TolerantObserver::on_begin(const Plan& plan, const TrainState& state,
                                methods::Method& method) {
  begun_ = attempt([&] { observer_->on_begin(plan, state, method); });
}

void TolerantObserver::on_micro_batch(const StepProgress& progress, methods::Method& method) {
  attempt_if_begun([&] { observer_->on_micro_batch(progress, method); });
}

void TolerantObserver::on_step(const StepRecord& record, methods::Method& method) {
  attempt_if_begun([&] { observer_->on_step(record, method); });
}

void TolerantObserver::on_validation(const ValidationRecord& record, methods::Method& method) {
  attempt_if_begun([&] { observer_->on_validation(record, method); });
}

void TolerantObserver::on_plan(const Plan& plan, const TrainState& state) {
  attempt_if_begun([&] { observer_->on_plan(plan, state); });
}

void TolerantObserver::on_epoch_end(std::int64_t epoch, const TrainState& state,
                                    methods::Method& method) {
  attempt_if_begun([&] { observer_->on_epoch_end(epoch, state, method); });
}

void TolerantObserver::on_stage_end(std::int64_t stage, const TrainState& state,
                                    methods::Method& method) {
  attempt_if_begun([&] { observer_->on_stage_end(stage, state, method); });
}

void TolerantObserver::on_checkpoint(const std::filesystem::path& folder, const TrainState& state) {
  attempt_if_begun([&] { observer_->on_checkpoint(folder, state); });
}

void TolerantObserver::on_end(const TrainState& state, methods::Method& method) {
  attempt_if_begun([&] { observer_->on_end(state, method); });
}

}  // namespace dbot::train
