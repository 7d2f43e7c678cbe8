#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "dbot/core/clock.h"
#include "dbot/core/log.h"
#include "dbot/report/metrics/evaluation_observer.h"
#include "dbot/run/facts/run_facts.h"
#include "dbot/run/facts/time_estimate.h"
#include "dbot/train/observer.h"

namespace dbot::run {

/// Tells what a run is about to do before its first step, and how long it will take: of slow steps
/// about, once a micro-batch has shown that, and then by the first steps. Table and estimate stand
/// in RUN/run.json as well. A run of more than a day is a warning. It must stand before observers
/// that evaluate or draw. That run.json cannot be written is told and no reason to end.
class RunFactsFile : public train::TrainObserver {
 public:
  /// The facts of a method whose stage has begun.
  using Gather = std::function<RunFacts(const train::Plan&, const methods::Method&)>;

  /// Made before the networks are, to see what the process holds without them. `evaluation` may be
  /// null, and must outlive this object.
  RunFactsFile(std::filesystem::path path, Gather gather,
               const report::EvaluationObserver* evaluation, core::Log log);

  void on_begin(const train::Plan& plan, const train::TrainState& state,
                methods::Method& method) override;
  void on_micro_batch(const train::StepProgress& progress, methods::Method& method) override;
  void on_plan(const train::Plan& plan, const train::TrainState&) override { plan_ = plan; }
  void on_step(const train::StepRecord& record, methods::Method& method) override;

 private:
  /// What this process spent before the first step, and will spend beside the others.
  TimeEstimate::Rest rest_of_run(const train::TrainState& state) const;
  /// The first step under way has taken so many seconds.
  void note_first_step(double seconds);
  /// Once, if it is more than a day.
  void warn_of_days(double seconds);
  void write();

  std::filesystem::path path_;
  Gather gather_;
  const report::EvaluationObserver* evaluation_;
  core::Log log_;
  double program_bytes_;
  RunFacts facts_;
  train::Plan plan_;
  std::optional<TimeEstimate> estimate_;
  FirstForecast forecast_;
  bool warned_of_days_ = false;
  core::Stopwatch since_begin_;
  double seconds_before_ = -1;  // from the begin to the first step
};

}  // namespace dbot::run
