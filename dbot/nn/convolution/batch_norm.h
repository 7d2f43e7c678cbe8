#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/nn/parameters.h"

// Batch normalisation (Ioffe & Szegedy, arXiv 1502.03167) with PyTorch's constants: 1e-5 is added
// to the variance, running values move by 0.1.
//
// Design goals: what a pass in training writes are buffers, which a trainer keeps or puts back
// whole. Their bits depend on the samples of a batch and on their order, on nothing else.
// Non-goals: statistics over several processes.
namespace dbot::nn {

enum class NormMode {
  running,   // by the running values: evaluation
  training,  // by the batch's own, which move the running ones
  batch,     // by the batch's own, and nothing is written
};

/// One layer: vectors of its channels, and a number.
struct BatchNormTensors {
  at::Tensor weight, bias;
  at::Tensor running_mean, running_var;
  at::Tensor batches;  // [1]: passes in training
};

/// name.weight (ones) and name.bias (zeros).
std::vector<ParameterSpec> batch_norm_parameters(const std::string& name, std::int64_t channels);
/// name.running_mean (zeros), name.running_var (ones) and name.num_batches_tracked.
std::vector<ParameterSpec> batch_norm_buffers(const std::string& name, std::int64_t channels);

/// x: float32 [batch, channels, …]. With `splits`, those samples share statistics whose place in
/// the batch leaves the same rest when it is divided by it; running values become the mean of what
/// each split would make of them, and passes are not counted (Un-Mix' SplitBatchNorm,
/// docs/methods/siamese.md §2). Throws UsageError where splits do not divide the batch.
at::Tensor batch_norm(const at::Tensor& x, const BatchNormTensors& tensors, NormMode mode,
                      std::int64_t splits = 1);

}  // namespace dbot::nn
