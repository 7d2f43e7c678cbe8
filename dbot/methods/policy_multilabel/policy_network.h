#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "dbot/nn/parameters.h"

// The meta-learner's network: a GRU that sees the last policies and says the next ones.
// docs/methods/meta_multilabel.md §2.
namespace dbot::methods {

/// Thresholds lie between these: division by a threshold near 0 is useless.
inline constexpr double kLowestThreshold = 0.05, kHighestThreshold = 0.95;

struct PolicyShape {
  std::int64_t labels = 0;
  std::int64_t hidden = 64;
};

/// "gru.…" (nn/gru_cell.h, inputs 2·labels), and the heads "A" of weights and "C" of thresholds,
/// [labels, hidden] each with a bias; heads start small, so that training begins as without a
/// policy.
std::vector<nn::ParameterSpec> policy_parameters(const PolicyShape& shape);

/// What is fed back: the policies of the last step, [1, labels] each, and the state [1, hidden].
struct PolicyMemory {
  at::Tensor thresholds, weights, state;
};

/// Thresholds of 0.5, weights of 1 and a state of 0, which is how every episode begins.
PolicyMemory fresh_memory(const PolicyShape& shape, const nn::ParameterStore& parameters);

/// One step: the new state, and what both policies are made of, [1, labels]; all with their graph.
struct PolicyStep {
  at::Tensor state, weights, thresholds;
};

PolicyStep policy_step(const nn::ParameterStore& parameters, const PolicyMemory& memory);

/// labels · softmax: their mean is 1. [rows, labels].
at::Tensor loss_weights(const at::Tensor& raw);
/// 0.05 + 0.9 · sigmoid. [rows, labels].
at::Tensor bounded_thresholds(const at::Tensor& raw);

/// Sum over all elements of the logarithm of the normal density of deviation `sigma` around `mean`,
/// at `sample`.
at::Tensor log_density(const at::Tensor& sample, const at::Tensor& mean, double sigma);

}  // namespace dbot::methods
