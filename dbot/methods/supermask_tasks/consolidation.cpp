#include "dbot/methods/supermask_tasks/consolidation.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

namespace dbot::methods {

void Consolidation::add(const at::Tensor& importance, const at::Tensor& weights) {
  const at::NoGradGuard no_graph;
  importance_ = importance_.defined() ? importance_ + importance : importance.clone();
  values_ = weights.detach().clone();
}

at::Tensor Consolidation::penalty(const at::Tensor& weights, double strength) const {
  if (!importance_.defined()) return {};
  return (importance_ * (weights - values_).square()).sum() * (strength / 2);
}

runtime::NamedTensors Consolidation::state() const {
  if (!importance_.defined()) return {};
  return {{"importance", importance_}, {"values", values_}};
}

void Consolidation::load_state(const runtime::NamedTensors& state) {
  const auto find = [&](const char* name) {
    const auto found = state.find(name);
    return found == state.end() ? at::Tensor() : found->second.detach().clone();
  };
  importance_ = find("importance");
  values_ = find("values");
}

}  // namespace dbot::methods
