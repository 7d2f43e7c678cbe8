#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dbot/methods/capabilities/classifying_capability.h"
#include "dbot/methods/held_out.h"
#include "dbot/methods/supermask_tasks/task_networks.h"

namespace dbot::methods {

class SupermaskTasks;

/// One task's network as it is now; logits are those of the task's own classes. Of kAllTasks, where
/// all are learned at once: of a batch whose labels say of which task each sample is.
class TaskClassifier : public ClassifyingCapability {
 public:
  /// `method` outlives it and takes no step meanwhile.
  TaskClassifier(const SupermaskTasks& method, std::int64_t task);

  const std::vector<std::string>& classes() const override { return classes_; }
  at::Tensor logits(const data::Batch& batch, runtime::Precision precision) const override;

 private:
  const SupermaskTasks& method_;
  std::int64_t task_;
  std::vector<std::string> classes_;
  FrozenTask frozen_;
};

/// Judges the task under way by its accuracy. Asked before the first stage it has no network yet.
std::unique_ptr<HeldOutMeasure> measure_task(const SupermaskTasks& method);

}  // namespace dbot::methods
