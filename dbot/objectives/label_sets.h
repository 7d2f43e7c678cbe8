#pragma once

#include <ATen/core/Tensor.h>

// Losses and rewards of samples with several labels each. docs/methods/meta_multilabel.md §2.
// logits, probabilities, truth: float32 [batch, labels]; truth is 1 where a label holds, else 0;
// weights, thresholds: float32 [labels] or [1, labels].
namespace dbot::objectives {

/// The mean over the batch of the sum over labels of weight · binary cross entropy from logits.
/// Differentiable in logits and weights.
at::Tensor weighted_bce(const at::Tensor& logits, const at::Tensor& truth,
                        const at::Tensor& weights);
/// Its gradient for the logits, without a graph.
at::Tensor weighted_bce_gradient(const at::Tensor& logits, const at::Tensor& truth,
                                 const at::Tensor& weights);

/// What thresholds are rewarded by. soft_f1: the mean of micro and macro F1 of sigmoid(20 (y − p))
/// in place of decisions, which has its best thresholds inside their range. ratio and balanced: the
/// paper's, (y − p)/p of an entry that holds and (p − y)/p of one that does not, over all entries
/// or half of each kind; its best threshold is always a bound, docs/methods/meta_multilabel.md §2.
/// exact_f1: micro F1 of decisions, without a gradient.
enum class LabelReward { soft_f1, ratio, balanced, exact_f1 };

/// A scalar; differentiable in thresholds and probabilities but for exact_f1.
at::Tensor label_reward(LabelReward kind, const at::Tensor& probabilities, const at::Tensor& truth,
                        const at::Tensor& thresholds);
/// The ratio of each entry, [batch, labels].
at::Tensor threshold_ratios(const at::Tensor& probabilities, const at::Tensor& truth,
                            const at::Tensor& thresholds);

}  // namespace dbot::objectives
