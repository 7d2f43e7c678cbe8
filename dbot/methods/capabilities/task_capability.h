#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dbot/data/tasks/task_split.h"
#include "dbot/methods/capabilities/classifying_capability.h"

namespace dbot::methods {

/// How many weights a task uses, and how many of these no earlier one does.
struct TaskShare {
  std::int64_t used = 0, free = 0, all = 0;
};

/// What a task began with.
struct TaskStart {
  /// Earlier tasks whose scores it took over, lowest first; empty: it began with drawn ones.
  std::vector<std::int64_t> from = {};
  /// How often the features of each earlier task sort its samples right, 0…1; NaN: not measured;
  /// empty: nobody looked.
  std::vector<double> accuracies = {};
};

/// What a method can do that learns tasks one after another: each of them can be asked at any time.
/// The evaluation of all tasks asks for it.
class TaskCapability {
 public:
  virtual ~TaskCapability() = default;
  /// How the data are divided into tasks.
  virtual const data::TaskSplit& task_split() const = 0;
  virtual std::uint64_t task_seed() const = 0;
  /// Whether a task owns a mask of the weights; else all weights are every task's.
  virtual bool learns_masks() const = 0;
  /// The task under way, from 0; where all are learned at once the last one.
  virtual std::int64_t current_task() const = 0;
  /// Whether no step was made yet.
  virtual bool is_untrained() const = 0;
  /// Whether the task under way ends with the stage under way.
  virtual bool stage_ends_task() const = 0;
  /// A task's network as it is now, on its own; of one to come, what it would begin with. The
  /// method outlives the result, and takes no step while it is used.
  virtual std::unique_ptr<ClassifyingCapability> task_classifier(std::int64_t task) const = 0;
  /// Both of a task that has begun.
  virtual TaskShare task_share(std::int64_t task) const = 0;
  virtual TaskStart task_start(std::int64_t task) const = 0;
};

}  // namespace dbot::methods
