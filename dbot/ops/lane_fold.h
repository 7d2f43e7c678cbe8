#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <span>
#include <vector>

// Sums of flat gradient buffers whose order is fixed (optim/lane_sum.h, optim/shards.h).
namespace dbot::ops {

/// target ← partials[k − 1] + (… + (partials[0] + lane)), element by element in this order: the
/// path of a lane up a binary tree. Then `lane` is zero, unless it is the target. Flat float32
/// tensors of one length; the target may be one of the others. One pass over memory.
void fold_lane(const at::Tensor& lane, std::span<const at::Tensor> partials,
               const at::Tensor& target);

/// The partial sums of `sum_of_squares` (adamw_update.h), which adds them in this order: one for
/// every 16,384 values of a flat float32 tensor. Nothing where the backend has no such parts.
std::optional<std::vector<double>> squares_of_chunks(const at::Tensor& values);

}  // namespace dbot::ops
