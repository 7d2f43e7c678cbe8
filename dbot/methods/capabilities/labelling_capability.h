#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "dbot/data/batch.h"

namespace dbot::methods {

/// What a method can do that gives samples any number of labels each. The evaluation of test
/// samples asks for it.
class LabellingCapability {
 public:
  virtual ~LabellingCapability() = default;
  /// Names of the labels, in the order of the scores.
  virtual const std::vector<std::string>& labels() const = 0;
  /// float32 [batch, labels], each in 0…1, without a graph.
  virtual at::Tensor label_scores(const data::Batch& batch) const = 0;
  /// From which score on each label is said to hold, as it has learned.
  virtual std::vector<double> label_thresholds() const = 0;
};

}  // namespace dbot::methods
