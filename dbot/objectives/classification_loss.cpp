#include "dbot/objectives/classification_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>

namespace dbot::objectives {

at::Tensor soft_target_cross_entropy(const at::Tensor& logits, const at::Tensor& targets) {
  return -(targets * at::log_softmax(logits, -1, at::kFloat)).sum(-1).mean();
}

at::Tensor label_smoothing_cross_entropy(const at::Tensor& logits, const at::Tensor& labels,
                                         double smoothing) {
  const auto logarithms = at::log_softmax(logits, -1, at::kFloat);
  const auto own = logarithms.gather(-1, labels.unsqueeze(-1)).mean();
  return -((1 - smoothing) * own + smoothing * logarithms.mean());
}

}  // namespace dbot::objectives
