#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dbot/methods/policy_multilabel/policy_multilabel_config.h"
#include "dbot/nn/parameters.h"

// What a policy learner keeps from step to step. All of it lies in one store: the meta-learner is
// trained, everything else is a buffer, which a step that does not count puts back.
namespace dbot::methods {

/// Names of tensors in the store.
inline constexpr const char* kClassifier = "classifier.";      // LabelNetwork
inline constexpr const char* kFirstMoment = "exp_avg.";        // of the classifier's Adam, …
inline constexpr const char* kSecondMoment = "exp_avg_sq.";    // … before the classifier's names
inline constexpr const char* kBaseline = "progress.baseline";  // of returns
inline constexpr const char* kClassifierSteps = "progress.steps";    // since it began afresh
inline constexpr const char* kClassifierStarts = "progress.starts";  // how often it has
inline constexpr const char* kSpoken = "progress.spoken";  // policies said in the second training
inline constexpr const char* kMemoryThresholds = "memory.thresholds";  // PolicyMemory
inline constexpr const char* kMemoryWeights = "memory.weights";
inline constexpr const char* kMemoryState = "memory.state";
/// [steps, labels]: what was said in the last episode, or in the second training so far.
inline constexpr const char* kSaidThresholds = "said.thresholds";
inline constexpr const char* kSaidWeights = "said.weights";
inline constexpr const char* kLabelCounts = "seen.labels";   // how often each label held, [labels]
inline constexpr const char* kSamplesSeen = "seen.samples";  // of how many

std::vector<nn::ParameterSpec> policy_state(const PolicyMultilabelConfig& config);

/// A number kept in the store: float32 [1], whole ones exact up to 2²⁴.
double kept_number(const nn::ParameterStore& store, const char* name);
void keep_number(const nn::ParameterStore& store, const char* name, double value);

}  // namespace dbot::methods
