#include "dbot/methods/classification/label_step.h"

#include <ATen/TensorOperators.h>

#include <optional>

#include "dbot/core/error.h"
#include "dbot/methods/state_names.h"
#include "dbot/objectives/classification_loss.h"

namespace dbot::methods {

void require_classes(const LabelLearning& learning) {
  if (!learning.classes.empty()) return;
  throw DataError({.operation = "classification",
                   .subject = "the data",
                   .fault = Fault::unlabelled,
                   .reason = "name no classes",
                   .way_out = "put them into class folders, or name a list with labels"});
}

at::Tensor label_loss(const at::Tensor& logits, const at::Tensor& labels,
                      const LabelLearning& learning, const data::Mix& mix) {
  const at::Tensor targets =
      data::mixed_targets(labels, std::ssize(learning.classes), learning.smoothing, mix);
  return objectives::soft_target_cross_entropy(logits, targets.to(logits.device()));
}

StepResult label_step(const at::Tensor& logits, const at::Tensor& labels,
                      const LabelLearning& learning, const data::Mix& mix) {
  StepResult result{.loss = label_loss(logits, labels, learning, mix), .scalars = {}};
  if (mix.kept == 1) {
    const at::Tensor right = logits.detach().argmax(1).cpu().eq(labels);
    result.scalars.emplace_back("accuracy", right.to(at::kFloat).mean() * 100);
  }
  return result;
}

exchange::EncoderDescription stored_classifier(const runtime::NamedTensors& state,
                                               const std::vector<std::string>& known) {
  const auto stored = state.find("student.description");
  const auto described =
      stored == state.end() ? std::nullopt : std::optional(description_of(stored->second));
  if (!described || !described->head) {
    throw DataError({.operation = "classification",
                     .fault = Fault::missing,
                     .reason = "the stored state names no classes",
                     .way_out = "was it another method's?"});
  }
  // Names are compared as a description holds them, whatever their bytes.
  exchange::EncoderDescription as_stored = *described;
  as_stored.head->classes = known;
  if (!known.empty() &&
      description_of(description_tensor(as_stored)).head->classes != described->head->classes) {
    throw DataError({.operation = "classification",
                     .subject = "the data",
                     .fault = Fault::mismatch,
                     .reason = "have other classes than the stored state",
                     .way_out = "restore them, or begin a new run in another folder"});
  }
  return *described;
}

}  // namespace dbot::methods
