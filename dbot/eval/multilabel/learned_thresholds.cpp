#include "dbot/eval/multilabel/learned_thresholds.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "dbot/core/error.h"
#include "dbot/eval/multilabel/same_shape.h"
#include "dbot/methods/policy_multilabel/policy_network.h"
#include "dbot/ops/adamw_update.h"

namespace dbot::eval {
namespace {

template <typename Value>
at::Tensor matrix_of(const LabelTable<Value>& table) {
  return at::tensor(at::ArrayRef<Value>(table.values.data(), table.values.size()))
      .reshape({-1, static_cast<std::int64_t>(table.labels)})
      .to(at::kFloat);
}

}  // namespace

std::vector<double> learn_thresholds(const LabelScores& scores, const LabelSets& truth,
                                     const ThresholdLearning& learning) {
  require_same_shape(scores, truth);
  if (scores.samples() == 0) throw UsageError("[multi-label] there are no samples to learn from");
  if (learning.reward == objectives::LabelReward::exact_f1) {
    throw UsageError("[multi-label] exact F1 has no gradient to learn thresholds by");
  }
  const at::Tensor probabilities = matrix_of(scores), holds = matrix_of(truth);
  const auto labels = static_cast<std::int64_t>(scores.labels);
  const at::Tensor raw = at::zeros({labels}, at::kFloat).set_requires_grad(true);
  const at::Tensor first = at::zeros({labels}, at::kFloat), second = at::zeros_like(first);
  for (std::int64_t step = 1; step <= learning.steps; ++step) {
    (-objectives::label_reward(learning.reward, probabilities, holds,
                               methods::bounded_thresholds(raw)))
        .backward();
    ops::adamw_update(
        {raw.detach(), raw.grad(), first, second},
        {.learning_rate = learning.learning_rate, .beta1 = 0.9, .beta2 = 0.999, .step = step});
  }
  const at::Tensor thresholds = methods::bounded_thresholds(raw.detach()).to(at::kDouble);
  const auto* begin = thresholds.const_data_ptr<double>();
  return {begin, begin + labels};
}

}  // namespace dbot::eval
