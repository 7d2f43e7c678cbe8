#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/formats/event_file.h"
#include "dbot/report/metrics/metrics_record.h"
#include "dbot/train/observer.h"

namespace dbot::report {

/// Writes RUN/events.out.tfevents.… for TensorBoard, with the numbers of metrics.jsonl. Each
/// process of a run writes its own file. A resumed run makes steps again; its file tells readers to
/// forget what older files say about them. A file that cannot be written is one warning.
class Events : public train::TrainObserver {
 public:
  /// `clock`: seconds since 1970.
  Events(std::filesystem::path folder, core::Log log,
         std::function<double()> clock = seconds_since_1970);

  void write(const EvaluationRecord& record);

  void on_begin(const train::Plan& plan, const train::TrainState& state, methods::Method&) override;
  void on_step(const train::StepRecord& record, methods::Method&) override;
  void on_validation(const train::ValidationRecord& record, methods::Method&) override;

  static double seconds_since_1970();

 private:
  /// Runs `work` on the file; an Error ends the file.
  void attempt(const std::function<void()>& work);
  void add(std::int64_t step, const std::vector<formats::EventScalar>& scalars);

  std::filesystem::path folder_;
  core::Log log_;
  std::function<double()> clock_;
  std::unique_ptr<formats::EventFile> file_;  // made with the first event
  std::int64_t first_step_ = 1;               // that this process makes
  bool given_up_ = false;
};

}  // namespace dbot::report
