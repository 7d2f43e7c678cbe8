#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "dbot/methods/classification/label_learning.h"
#include "dbot/methods/method.h"

namespace dbot::methods {

/// Throws DataError where the data name no classes.
void require_classes(const LabelLearning& learning);

/// Cross entropy against mixed, smoothed labels. logits: float32 [batch, classes]; labels: int64
/// [batch].
at::Tensor label_loss(const at::Tensor& logits, const at::Tensor& labels,
                      const LabelLearning& learning, const data::Mix& mix);

/// That loss, and "accuracy" in percent where nothing is mixed.
StepResult label_step(const at::Tensor& logits, const at::Tensor& labels,
                      const LabelLearning& learning, const data::Mix& mix);

/// The description of the classifier in a state, "student.description". Throws DataError where it
/// names no classes, or others than `known`, if these are some.
exchange::EncoderDescription stored_classifier(const runtime::NamedTensors& state,
                                               const std::vector<std::string>& known);

}  // namespace dbot::methods
