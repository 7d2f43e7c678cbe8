#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "dbot/core/log.h"
#include "dbot/train/observer.h"

namespace dbot::train {

/// Stands between a run and an observer that a run can do without, such as pictures: what goes
/// wrong in there (a full disk, say) is told and the run goes on. It is told at the 1st, 2nd, 4th,
/// 8th … failure, so that a lasting fault fills no log. An observer whose `on_begin` failed is not
/// called again in this process. Stopped passes through: it is no failure.
class TolerantObserver : public TrainObserver {
 public:
  /// `what` names the observer's work in warnings: "the pictures".
  TolerantObserver(std::unique_ptr<TrainObserver> observer, std::string what, core::Log log);

  /// The newest of the failures, in words; empty before the first.
  const std::string& last_problem() const { return last_problem_; }
  /// True if that was the data's fault.
  bool last_was_of_data() const { return last_was_of_data_; }

  void on_begin(const Plan& plan, const TrainState& state, methods::Method& method) override;
  void on_micro_batch(const StepProgress& progress, methods::Method& method) override;
  void on_step(const StepRecord& record, methods::Method& method) override;
  void on_validation(const ValidationRecord& record, methods::Method& method) override;
  void on_plan(const Plan& plan, const TrainState& state) override;
  void on_epoch_end(std::int64_t epoch, const TrainState& state, methods::Method& method) override;
  void on_stage_end(std::int64_t stage, const TrainState& state, methods::Method& method) override;
  void on_checkpoint(const std::filesystem::path& folder, const TrainState& state) override;
  void on_end(const TrainState& state, methods::Method& method) override;

 private:
  /// False if `call` failed, which is then told.
  bool attempt(const std::function<void()>& call);
  void tell(std::string_view problem);
  void attempt_if_begun(const std::function<void()>& call);

  std::unique_ptr<TrainObserver> observer_;
  std::string what_;
  core::Log log_;
  bool begun_ = false;
  std::int64_t failures_ = 0;
  std::string last_problem_;
  bool last_was_of_data_ = false;
};

}  // namespace dbot::train
