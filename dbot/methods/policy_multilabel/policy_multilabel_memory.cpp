#include "dbot/methods/encoder_costs.h"
#include "dbot/methods/policy_multilabel/policy_multilabel_entry.h"
#include "dbot/methods/policy_multilabel/policy_state.h"

namespace dbot::methods {

MethodMemory plan_memory(const PolicyMultilabelConfig& config, const Surroundings& surroundings) {
  constexpr std::size_t kUsualLabels = 100;
  constexpr double kUsualWords = 100;  // of a text
  PolicyMultilabelConfig usual = config;
  usual.labels.resize(kUsualLabels);
  usual.width = config.words.words;
  const auto specs = policy_state(usual);
  const auto batch = static_cast<double>(surroundings.batch_size);
  const double step = batch / static_cast<double>(config.steps);
  MethodMemory plan;
  plan.weights = kFloatBytes * parameter_count(specs, false);
  for (const auto& spec : specs) {
    double numbers = 1;
    for (const auto length : spec.shape) numbers *= static_cast<double>(length);
    // A copy of the buffers stands by, in case that the step does not count.
    if (spec.role == nn::Role::buffer) plan.weights += 2 * kFloatBytes * numbers;
  }
  plan.frozen_pass = kFloatBytes * step * static_cast<double>(usual.width);
  if (!surroundings.trains) return plan;
  const double trained = parameter_count(specs, true);
  plan.gradients = kFloatBytes * trained;
  plan.moments = surroundings.moments * kFloatBytes * trained;
  // Rows of a step, its meta rows, and the classifier's gradient.
  plan.activations = kFloatBytes * (2 * step * static_cast<double>(usual.width) +
                                    static_cast<double>(usual.width) * kUsualLabels);
  // Places and values of both kinds of samples, of three batches under way.
  plan.inputs = 3 * 2 * batch * kUsualWords * (sizeof(std::int64_t) + kFloatBytes);
  return plan;
}

}  // namespace dbot::methods
