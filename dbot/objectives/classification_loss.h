#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dbot::objectives {

/// −Σ target · log softmax(logits), mean over the batch, in float32. logits, targets: [batch,
/// classes]; each row of targets adds up to 1 (data/augment/mixing.h makes them).
at::Tensor soft_target_cross_entropy(const at::Tensor& logits, const at::Tensor& targets);

/// The same with `smoothing` of each target spread over all classes: (1 − smoothing) · cross
/// entropy + smoothing · mean of −log softmax over the classes. labels: int64 [batch].
at::Tensor label_smoothing_cross_entropy(const at::Tensor& logits, const at::Tensor& labels,
                                         double smoothing);

}  // namespace dbot::objectives
