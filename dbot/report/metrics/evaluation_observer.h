#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/report/metrics/metrics.h"
#include "dbot/train/observer.h"

namespace dbot::report {

struct EvaluationSchedule {
  double every_epochs = 0;  // 0: not between the ends of stages
  bool at_stage_ends = true;
  bool at_start = true;  // raw pixels and what the run begins with, to compare with
};

/// What is evaluated is the caller's: features and protocols are behind these two. Both throw
/// Stopped when the run is asked to stop.
struct Evaluations {
  std::function<std::vector<EvaluationRow>(const methods::Method&)> of_network;
  std::function<std::vector<EvaluationRow>()> of_pixels;  // empty: left out
};

/// Evaluates the network while it trains. Every evaluation goes to metrics.jsonl under its label.
/// On resume, those in the file are not repeated, and one that was interrupted is made.
class EvaluationObserver : public train::TrainObserver {
 public:
  /// `metrics` must stand before this object among the trainer's observers, and outlive it.
  EvaluationObserver(EvaluationSchedule schedule, Evaluations evaluations, MetricsFile& metrics,
                     core::Log log);

  /// Is told of each evaluation of this process, after metrics.jsonl.
  void tell(std::function<void(const EvaluationRecord&)> listener) {
    listener_ = std::move(listener);
  }

  /// Of the whole run, earlier processes included, in the order they were made.
  const std::vector<EvaluationRecord>& records() const { return records_; }

  /// Seconds that evaluations of this process took so far.
  double seconds_spent() const { return seconds_spent_; }
  /// Seconds of the last evaluation of a network, by whichever process; 0 before the first.
  double seconds_of_one() const;
  /// Evaluations of networks that are due after `state`, once the run has begun.
  std::int64_t remaining(const train::TrainState& state) const;

  void on_begin(const train::Plan& plan, const train::TrainState& state,
                methods::Method& method) override;
  void on_plan(const train::Plan& plan, const train::TrainState&) override { plan_ = plan; }
  void on_epoch_end(std::int64_t epoch, const train::TrainState& state,
                    methods::Method& method) override;
  void on_stage_end(std::int64_t stage, const train::TrainState& state,
                    methods::Method& method) override;

 private:
  bool ends_stage(const train::TrainState& state) const;
  bool due_after_epoch(std::int64_t epoch, std::int64_t step) const;
  void make_up_for_interrupted(const train::TrainState& state, methods::Method& method);
  void evaluate(const NamedMoment& when, const train::TrainState& state,
                const std::function<std::vector<EvaluationRow>()>& results);
  void evaluate_network(const NamedMoment& when, const train::TrainState& state,
                        methods::Method& method);

  EvaluationSchedule schedule_;
  Evaluations evaluations_;
  MetricsFile& metrics_;
  core::Log log_;
  std::function<void(const EvaluationRecord&)> listener_;
  train::Plan plan_;
  std::vector<EvaluationRecord> records_;
  double seconds_spent_ = 0;
};

}  // namespace dbot::report
