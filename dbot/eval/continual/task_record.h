#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/eval/continual/continual_figures.h"
#include "dbot/methods/capabilities/task_capability.h"
#include "dbot/methods/exhibits.h"

namespace dbot::eval {

/// Everything that was measured of tasks so far, as a run keeps it (tasks.json). Accuracies in
/// percent, NaN where nothing was measured.
struct TaskRecord {
  explicit TaskRecord(std::int64_t tasks = 0);

  AccuracyMatrix accuracy;        // [after task][of task]
  std::vector<double> untrained;  // of each task, before anything was learned
  /// Of each task; all 0: it has not begun, or owns no mask.
  std::vector<methods::TaskShare> shares;
  std::vector<methods::TaskStart> starts;  // of each task; accuracies 0…1
  std::int64_t tasks() const { return std::ssize(accuracy); }
};

/// What is known after task `task`, of the tasks up to it.
ContinualFigures figures_after(const TaskRecord& record, std::int64_t task);

/// JSON: accuracy, untrained, used, free and all; transfer_from, of each task the numbers from 0 of
/// those whose scores it began with, and transfer_accuracy, how often the features of each earlier
/// task sorted its samples right, in percent; and of a record that is whole average_accuracy,
/// average_forgetting, forgetting and forward_transfer. What was not measured is null.
std::string to_json(const TaskRecord& record);
/// The inverse; what follows from the rest is not read, and transfers may be missing. Throws
/// DataError, naming `source`.
TaskRecord task_record_from_json(std::string_view text, std::string_view source);

/// "task_accuracy": the matrix as a heat map; "task_free_share": what is left for each task;
/// "task_transfer": what each began with, where earlier ones were looked at.
methods::Gallery task_exhibits(const TaskRecord& record);

}  // namespace dbot::eval
