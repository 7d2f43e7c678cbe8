#include "dbot/methods/supermask_tasks/task_classifier.h"

#include <ATen/core/grad_mode.h>

#include <optional>

#include "dbot/data/move_batch.h"
#include "dbot/methods/classification/held_out_accuracy.h"
#include "dbot/methods/supermask_tasks/supermask_tasks.h"

namespace dbot::methods {
namespace {

class TaskMeasure final : public HeldOutMeasure {
 public:
  explicit TaskMeasure(const SupermaskTasks& method) : method_(method) {}

  void add(const data::Batch& batch, const DrawContext& context,
           runtime::Precision precision) override {
    if (!measure_) {
      classifier_.emplace(method_, method_.learned_task());
      measure_ = measure_accuracy(*classifier_);
    }
    measure_->add(batch, context, precision);
  }
  HeldOutFigures figures() const override {
    if (measure_) return measure_->figures();
    const TaskClassifier classifier(method_, method_.learned_task());
    return measure_accuracy(classifier)->figures();
  }

 private:
  const SupermaskTasks& method_;
  std::optional<TaskClassifier> classifier_;  // of the first batch on
  std::unique_ptr<HeldOutMeasure> measure_;
};

}  // namespace

TaskClassifier::TaskClassifier(const SupermaskTasks& method, std::int64_t task)
    : method_(method),
      task_(task),
      classes_(method.task_classes(task)),
      frozen_(method.frozen(task)) {}

at::Tensor TaskClassifier::logits(const data::Batch& batch, runtime::Precision precision) const {
  const at::NoGradGuard no_graph;
  const data::Batch there = data::move_to(batch, method_.backbone().parameters()->device());
  const at::Tensor x = method_.seen(there, task_, precision);
  const nn::MaskedPass pass = method_.networks().pass(frozen_, x, runtime::compute_type(precision));
  return method_.logits_of_task(pass.logits, task_, batch.labels);
}

std::unique_ptr<HeldOutMeasure> measure_task(const SupermaskTasks& method) {
  return std::make_unique<TaskMeasure>(method);
}

}  // namespace dbot::methods
