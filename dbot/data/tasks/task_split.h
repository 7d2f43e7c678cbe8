#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dbot/data/dataset.h"

// One labelled data set as tasks that come one after another. docs/methods/exssnet.md §1.
//
// Design goals: which samples and which classes a task has is a function of the settings, the
// names of the classes and the seed, of any labelled source.
// Non-goals: what learns the tasks, and when.
namespace dbot::data {

enum class TaskKind {
  classes,       // classes of its own, in the order of the data
  pieces,        // an equal piece of the samples, with all classes
  permutations,  // all samples, their pixels in an order of its own
};

struct TaskSplit {
  TaskKind kind = TaskKind::classes;
  std::int64_t count = 5;
  /// Of the kind `classes`: names, "cat, dog; ship, truck"; a class may come again. Empty: in the
  /// order of the data, as evenly as they divide, the first tasks having one more.
  std::string groups = {};
};

/// The classes of each task by their places in `classes`; a sample's label in a task is the place
/// of its class there. Throws UsageError, naming the recipe's key, for more tasks than classes, a
/// task of fewer than two classes, a name that is none, and a number of groups that is not `count`.
std::vector<std::vector<std::int64_t>> classes_of_tasks(const TaskSplit& split,
                                                        const std::vector<std::string>& classes);

/// Their names.
std::vector<std::vector<std::string>> class_names_of_tasks(const TaskSplit& split,
                                                           const std::vector<std::string>& classes);

/// What a data set is to the tasks: learned from, each piece by one task; or judged by, then every
/// task of the kind `pieces` has all of it.
enum class TaskUse { learning, judging };

/// The samples of each task, labelled by place in its classes. Unlabelled samples belong to none.
/// Pixels stay as they are: see `pixel_order`. Throws UsageError as classes_of_tasks, DataError
/// naming a task that has no sample.
std::vector<std::shared_ptr<const Dataset>> split_into_tasks(
    const std::shared_ptr<const Dataset>& dataset, const TaskSplit& split, std::uint64_t seed,
    TaskUse use);

/// int64 [pixels]: the pixel that comes to each place in task `task` of the kind `permutations`; of
/// task 0 and of other kinds undefined, since nothing moves.
at::Tensor pixel_order(const TaskSplit& split, std::uint64_t seed, std::int64_t task,
                       std::int64_t pixels);

/// Lines that say what each task is: "task 1: airplane, automobile; 8000 samples".
std::string describe_tasks(const std::vector<std::shared_ptr<const Dataset>>& tasks);

}  // namespace dbot::data
