#include "dbot/objectives/label_sets.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softplus.h>
#include <c10/core/GradMode.h>

namespace dbot::objectives {
namespace {

constexpr double kSteepness = 20;  // of soft decisions
/// Keeps 0/0 of a label that neither holds nor is said a 0.
constexpr double kLeastCount = 1e-12;

at::Tensor f1_of(const at::Tensor& hits, const at::Tensor& said, const at::Tensor& holding) {
  return 2 * hits / (said + holding).clamp_min(kLeastCount);
}

/// The micro F1 of decisions, soft or not, and the macro F1 over labels that hold somewhere.
struct BatchF1 {
  at::Tensor micro, macro;
};

BatchF1 f1_of_batch(const at::Tensor& decisions, const at::Tensor& truth) {
  const at::Tensor hits = (decisions * truth).sum(0), said = decisions.sum(0);
  const at::Tensor holding = truth.sum(0);
  const at::Tensor present = holding.gt(0).to(decisions.scalar_type());
  const at::Tensor each = f1_of(hits, said, holding) * present;
  return {f1_of(hits.sum(), said.sum(), holding.sum()), each.sum() / present.sum().clamp_min(1)};
}

/// Half the mean over entries that hold, half the mean over the others.
at::Tensor balanced_mean(const at::Tensor& ratios, const at::Tensor& truth) {
  const at::Tensor others = 1 - truth;
  return 0.5 * ((ratios * truth).sum() / truth.sum().clamp_min(1) +
                (ratios * others).sum() / others.sum().clamp_min(1));
}

}  // namespace

at::Tensor weighted_bce(const at::Tensor& logits, const at::Tensor& truth,
                        const at::Tensor& weights) {
  // −y log σ(z) − (1 − y) log(1 − σ(z)) without overflow.
  const at::Tensor entries = at::softplus(logits) - truth * logits;
  return (weights * entries).sum() / logits.size(0);
}

at::Tensor weighted_bce_gradient(const at::Tensor& logits, const at::Tensor& truth,
                                 const at::Tensor& weights) {
  const c10::NoGradGuard no_graph;
  return weights * (at::sigmoid(logits) - truth) / logits.size(0);
}

at::Tensor threshold_ratios(const at::Tensor& probabilities, const at::Tensor& truth,
                            const at::Tensor& thresholds) {
  return (2 * truth - 1) * (probabilities - thresholds) / thresholds;
}

at::Tensor label_reward(LabelReward kind, const at::Tensor& probabilities, const at::Tensor& truth,
                        const at::Tensor& thresholds) {
  switch (kind) {
    case LabelReward::ratio:
      return threshold_ratios(probabilities, truth, thresholds).mean();
    case LabelReward::balanced:
      return balanced_mean(threshold_ratios(probabilities, truth, thresholds), truth);
    case LabelReward::exact_f1:
      return f1_of_batch(probabilities.ge(thresholds).to(truth.scalar_type()), truth).micro;
    case LabelReward::soft_f1:
      break;
  }
  const BatchF1 soft = f1_of_batch(at::sigmoid(kSteepness * (probabilities - thresholds)), truth);
  return 0.5 * (soft.micro + soft.macro);
}

}  // namespace dbot::objectives
