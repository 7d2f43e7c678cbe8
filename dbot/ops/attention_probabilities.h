#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dbot/ops/transformer_block.h"

namespace dbot::ops {

/// Where the heads of a block look: softmax(q·kᵀ/√(width/heads)) of its normalised input, float32
/// [batch, heads, queries, tokens], each row summing to 1. `queries`: the first so many tokens ask
/// (1: the cls token). x: the block's input, float32 [batch, tokens, width]. docs/methods/mae.md
/// §1.
at::Tensor attention_probabilities(const at::Tensor& x, const TransformerBlockWeights& weights,
                                   const TransformerBlockOptions& options, std::int64_t queries);

}  // namespace dbot::ops
