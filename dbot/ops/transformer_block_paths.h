#pragma once

#include "dbot/ops/transformer_block.h"

// The ways to compute a transformer block; `transformer_block` chooses.
namespace dbot::ops {

/// In plain ATen calls, differentiated by autograd.
at::Tensor transformer_block_reference(const at::Tensor& x, const TransformerBlockWeights& weights,
                                       const TransformerBlockOptions& options,
                                       const BranchScales& scales, const at::Tensor& rows = {});

/// With the project's own kernels; float32 or bfloat16 on the CPU.
at::Tensor transformer_block_cpu(const at::Tensor& x, const TransformerBlockWeights& weights,
                                 const TransformerBlockOptions& options, const BranchScales& scales,
                                 const at::Tensor& rows = {});

}  // namespace dbot::ops
