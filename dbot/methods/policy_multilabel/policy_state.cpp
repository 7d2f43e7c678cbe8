#include "dbot/methods/policy_multilabel/policy_state.h"

#include <c10/core/GradMode.h>

#include "dbot/methods/policy_multilabel/label_network.h"
#include "dbot/methods/policy_multilabel/policy_network.h"

namespace dbot::methods {

std::vector<nn::ParameterSpec> policy_state(const PolicyMultilabelConfig& config) {
  const std::int64_t labels = std::ssize(config.labels);
  std::vector<nn::ParameterSpec> specs =
      policy_parameters({.labels = labels, .hidden = config.hidden});
  const auto buffer = [&](const std::string& name, std::vector<std::int64_t> shape,
                          double value = 0) {
    specs.push_back({.name = name,
                     .shape = std::move(shape),
                     .start = nn::starts::Constant{value},
                     .role = nn::Role::buffer});
  };
  const auto network = label_network_parameters(
      {.inputs = config.width, .labels = labels, .hidden = config.classifier_hidden}, kClassifier,
      nn::Role::buffer);
  specs.insert(specs.end(), network.begin(), network.end());
  for (const auto& spec : network) {
    if (config.optimizer != ClassifierOptimizer::adam) break;
    buffer(kFirstMoment + spec.name, spec.shape);
    buffer(kSecondMoment + spec.name, spec.shape);
  }
  for (const char* number :
       {kBaseline, kClassifierSteps, kClassifierStarts, kSpoken, kSamplesSeen}) {
    buffer(number, {1});
  }
  buffer(kMemoryThresholds, {1, labels}, 0.5);
  buffer(kMemoryWeights, {1, labels}, 1);
  buffer(kMemoryState, {1, config.hidden});
  buffer(kSaidThresholds, {config.steps, labels}, 0.5);
  buffer(kSaidWeights, {config.steps, labels}, 1);
  buffer(kLabelCounts, {labels});
  return specs;
}

double kept_number(const nn::ParameterStore& store, const char* name) {
  return store.at(name).item<double>();
}

void keep_number(const nn::ParameterStore& store, const char* name, double value) {
  const c10::NoGradGuard no_graph;
  store.at(name).fill_(value);
}

}  // namespace dbot::methods
