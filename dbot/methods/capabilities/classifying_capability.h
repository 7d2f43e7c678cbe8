#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "dbot/data/batch.h"
#include "dbot/runtime/precision.h"

namespace dbot::methods {

/// What a method can do that sorts samples into classes. The evaluation of test images asks for it.
class ClassifyingCapability {
 public:
  virtual ~ClassifyingCapability() = default;
  /// Names of the classes, in the order of the logits.
  virtual const std::vector<std::string>& classes() const = 0;
  /// float32 [batch, classes], without a graph; nothing is dropped, nothing mixed.
  virtual at::Tensor logits(const data::Batch& batch, runtime::Precision precision) const = 0;
};

}  // namespace dbot::methods
