#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/run/recipe/recipe.h"

namespace dbot::run {

/// What a run holds in memory, by item, in bytes. Made to be within 30 % of the measured peak.
struct MemoryPlan {
  double program = 0;  // the process before the networks are there: LibTorch, an IDX set's images
  double weights = 0, gradients = 0, moments = 0;  // of the student
  double sums = 0;          // gradient buffers in which lanes and processes add up
  double teacher = 0;       // its weights and their low-precision copies
  double activations = 0;   // of a micro-batch: kept for the backward pass, and its passing needs
  double images = 0;        // of the batches under way
  double cache = 0;         // of files, when its budget is used up
  double evaluation = 0;    // features of all images at once, where evaluations are due
  double pictures = 0;      // what samples are looked at with
  double next_student = 0;  // the next stage's, made while the old one is there
  bool on_device = false;   // weights and all that is made of them lie there
  /// Of the host. A step, an evaluation, pictures and the change of a stage never happen at once.
  double total() const;
  /// Of the device; 0 where the host computes.
  double device_total() const;
  /// All of them by their names here, in this order.
  std::vector<std::pair<std::string, double>> items() const;
};

/// How many labelled images an evaluation looks at; zero: none is due.
struct EvaluatedImages {
  std::int64_t train = 0, test = 0;
};
EvaluatedImages evaluated_images(const Recipe& recipe, std::int64_t images, bool labelled);

/// From sizes alone; nothing is measured. A teacher from a file counts as one of the student's
/// size. `processes` train it together: of the first, which alone evaluates.
MemoryPlan plan_memory(const Recipe& recipe, const EvaluatedImages& evaluated, int processes = 1);

/// Throws UsageError when a run certainly needs more than the machine has, naming both and the way
/// out; warns when it probably does. `machine_bytes`: for each of `processes`.
void check_memory(const Recipe& recipe, std::int64_t machine_bytes, const core::Log& log,
                  int processes = 1);
/// The same of a device with so many bytes free; nothing is checked where the host computes.
void check_device_memory(const Recipe& recipe, std::int64_t free_bytes, const core::Log& log);

}  // namespace dbot::run
