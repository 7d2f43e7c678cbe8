#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/core/stop.h"
#include "dbot/data/dataset.h"
#include "dbot/eval/continual/task_record.h"
#include "dbot/eval/frozen/evaluation.h"
#include "dbot/eval/frozen/features.h"
#include "dbot/methods/capabilities/task_capability.h"
#include "dbot/nn/backbone.h"

namespace dbot::run {

/// What a task evaluation reads, and where it writes.
struct TaskEvaluationSettings {
  std::shared_ptr<const data::Dataset> test;  // of all tasks
  nn::BackboneInput input;
  eval::ExtractionSettings extraction;
  std::filesystem::path folder;  // of the run
};

/// Judges a system that learns tasks one after another: all tasks at the start, untrained; at the
/// end of each all that came by, and the next one; at other moments the one under way. What was
/// measured stands in tasks.json and as exhibits in the run's folder; measured again, it is the
/// same.
class TaskEvaluation {
 public:
  TaskEvaluation(TaskEvaluationSettings settings, core::Log log);

  /// One row: the accuracy of the task under way, and where a task ends the mean over all that came
  /// by, forgetting and, of masks, the free share, which the log is told; warned where less than
  /// one percent of a mask is free. Throws Stopped when asked to stop.
  std::vector<eval::EvaluationRow> judge(const methods::TaskCapability& tasks,
                                         const core::StopRequest& stop) const;

 private:
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  struct Figures {
    double average = kUnknown, newest = kUnknown, forgetting = kUnknown;
    double free = kUnknown;  // share of the newest mask
  };
  using AccuracyOf = std::function<double(std::int64_t task)>;
  void measure(const methods::TaskCapability& tasks, const AccuracyOf& accuracy_of,
               eval::TaskRecord& record, Figures& figures) const;
  void tell_of_share(const methods::TaskShare& share, std::int64_t task) const;

  TaskEvaluationSettings settings_;
  core::Log log_;
};

}  // namespace dbot::run
