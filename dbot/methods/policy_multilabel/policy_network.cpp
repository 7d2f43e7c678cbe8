#include "dbot/methods/policy_multilabel/policy_network.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <numbers>

#include "dbot/nn/gru_cell.h"
#include "dbot/nn/linear.h"

namespace dbot::methods {
namespace {

constexpr double kHeadDeviation = 0.02;

}  // namespace

std::vector<nn::ParameterSpec> policy_parameters(const PolicyShape& shape) {
  auto specs = nn::gru_parameters("gru", 2 * shape.labels, shape.hidden);
  for (const char* head : {"A", "C"}) {
    specs.push_back({.name = std::string(head) + ".weight",
                     .shape = {shape.labels, shape.hidden},
                     .start = nn::starts::Normal{kHeadDeviation}});
    specs.push_back({.name = std::string(head) + ".bias", .shape = {shape.labels}});
  }
  return specs;
}

PolicyMemory fresh_memory(const PolicyShape& shape, const nn::ParameterStore& parameters) {
  const at::TensorOptions options = parameters.flat_values().options();
  return {.thresholds = at::full({1, shape.labels}, 0.5, options),
          .weights = at::full({1, shape.labels}, 1.0, options),
          .state = at::zeros({1, shape.hidden}, options)};
}

PolicyStep policy_step(const nn::ParameterStore& parameters, const PolicyMemory& memory) {
  const at::Tensor seen = at::cat({memory.thresholds, memory.weights}, 1);
  const at::Tensor state = nn::gru_cell(seen, memory.state, parameters, "gru");
  return {.state = state,
          .weights = nn::linear(state, parameters, "A", at::kFloat),
          .thresholds = nn::linear(state, parameters, "C", at::kFloat)};
}

at::Tensor loss_weights(const at::Tensor& raw) {
  return raw.size(-1) * at::softmax(raw, -1);
}

at::Tensor bounded_thresholds(const at::Tensor& raw) {
  return kLowestThreshold + (kHighestThreshold - kLowestThreshold) * at::sigmoid(raw);
}

at::Tensor log_density(const at::Tensor& sample, const at::Tensor& mean, double sigma) {
  const at::Tensor distance = (sample - mean) / sigma;
  const double constant = std::log(sigma) + 0.5 * std::log(2 * std::numbers::pi);
  return (-0.5 * distance * distance - constant).sum();
}

}  // namespace dbot::methods
