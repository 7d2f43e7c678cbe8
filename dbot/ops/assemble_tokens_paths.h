#pragma once

#include "dbot/ops/assemble_tokens.h"

// The ways to assemble tokens; `assemble_tokens` checks the plan and chooses. Plans are contiguous
// and have a row for each sample.
namespace dbot::ops {

/// In plain ATen calls, differentiated by autograd.
at::Tensor assemble_tokens_reference(const at::Tensor& own, const at::Tensor& shared,
                                     const at::Tensor& table, const TokenPlan& plan);

/// One pass forward and one backward; the position table gets no gradient.
at::Tensor assemble_tokens_cpu(const at::Tensor& own, const at::Tensor& shared,
                               const at::Tensor& table, const TokenPlan& plan);

}  // namespace dbot::ops
