#include "dbot/methods/policy_multilabel/label_network.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/relu.h>
#include <c10/core/GradMode.h>

#include <utility>

namespace dbot::methods {

std::vector<nn::ParameterSpec> label_network_parameters(const LabelNetworkShape& shape,
                                                        const std::string& prefix, nn::Role role) {
  std::vector<nn::ParameterSpec> specs;
  const auto add = [&](const std::string& name, std::int64_t outputs, std::int64_t inputs) {
    const nn::Start start = nn::fan_in_uniform(static_cast<double>(inputs));
    specs.push_back(
        {.name = name + "weight", .shape = {outputs, inputs}, .start = start, .role = role});
    specs.push_back({.name = name + "bias", .shape = {outputs}, .start = start, .role = role});
  };
  if (shape.hidden > 0) add(prefix + "hidden.", shape.hidden, shape.inputs);
  add(prefix, shape.labels, shape.hidden > 0 ? shape.hidden : shape.inputs);
  return specs;
}

LabelNetwork::LabelNetwork(const nn::ParameterStore& parameters, const std::string& prefix) {
  if (parameters.contains(prefix + "hidden.weight")) {
    parameters_.push_back(parameters.at(prefix + "hidden.weight"));
    parameters_.push_back(parameters.at(prefix + "hidden.bias"));
  }
  parameters_.push_back(parameters.at(prefix + "weight"));
  parameters_.push_back(parameters.at(prefix + "bias"));
}

LabelNetwork::Pass LabelNetwork::forward(const LabelRows& rows) const {
  const c10::NoGradGuard no_graph;
  Pass pass{.rows = rows, .hidden = {}, .logits = {}};
  if (has_hidden()) pass.hidden = at::relu(rows.times(parameters_[0]) + parameters_[1]);
  pass.logits = (has_hidden() ? at::matmul(pass.hidden, weight().t()) : rows.times(weight())) +
                parameters_.back();
  return pass;
}

std::vector<at::Tensor> LabelNetwork::backward(const Pass& pass,
                                               const at::Tensor& logit_gradient) const {
  const c10::NoGradGuard no_graph;
  std::vector<at::Tensor> gradients;
  if (has_hidden()) {
    const at::Tensor through =
        at::matmul(logit_gradient, weight()) * pass.hidden.gt(0).to(pass.hidden.scalar_type());
    gradients = {pass.rows.gathered(through), through.sum(0)};
  }
  gradients.push_back(has_hidden() ? at::matmul(logit_gradient.t(), pass.hidden)
                                   : pass.rows.gathered(logit_gradient));
  gradients.push_back(logit_gradient.sum(0));
  return gradients;
}

at::Tensor LabelNetwork::tangent(const Pass& pass, const std::vector<at::Tensor>& direction) const {
  const c10::NoGradGuard no_graph;
  const at::Tensor& along = direction[direction.size() - 2];
  if (!has_hidden()) return pass.rows.times(along) + direction.back();
  const at::Tensor last = at::matmul(pass.hidden, along.t()) + direction.back();
  const at::Tensor hidden = (pass.rows.times(direction[0]) + direction[1]) *
                            pass.hidden.gt(0).to(pass.hidden.scalar_type());
  return last + at::matmul(hidden, weight().t());
}

LabelNetwork LabelNetwork::stepped(const std::vector<at::Tensor>& gradients, double rate) const {
  const c10::NoGradGuard no_graph;
  std::vector<at::Tensor> moved;
  moved.reserve(parameters_.size());
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    moved.push_back(parameters_[i] - rate * gradients[i]);
  }
  return LabelNetwork(std::move(moved));
}

}  // namespace dbot::methods
