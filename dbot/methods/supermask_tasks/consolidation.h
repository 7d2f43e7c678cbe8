#pragma once

#include <ATen/core/Tensor.h>

#include "dbot/nn/parameters.h"
#include "dbot/runtime/named_tensors.h"

namespace dbot::methods {

/// Holds weights to the values at which they served earlier tasks, the harder the more they
/// mattered: elastic weight consolidation (Kirkpatrick et al., arXiv 1612.00796) in its online form
/// (Schwarz et al., arXiv 1805.06370) without forgetting: the importance of all tasks adds up, and
/// the values are those after the last one.
class Consolidation {
 public:
  /// A task has ended: `importance` is the mean of its squared gradients, flat like the weights.
  void add(const at::Tensor& importance, const at::Tensor& weights);
  /// strength/2 · Σ importance · (weight − value)², with its graph; undefined before the first
  /// task. weights: flat, with their graph.
  at::Tensor penalty(const at::Tensor& weights, double strength) const;

  /// "importance", "values"; empty before the first task.
  runtime::NamedTensors state() const;
  void load_state(const runtime::NamedTensors& state);

 private:
  at::Tensor importance_, values_;
};

}  // namespace dbot::methods
