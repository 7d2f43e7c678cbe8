#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>

#include "dbot/nn/drop_path.h"
#include "dbot/nn/parameters.h"
#include "dbot/ops/transformer_block.h"

namespace dbot::nn {

/// Sends tokens [batch, tokens, width] through a stack of blocks. rows: int64 [batch, wanted], the
/// tokens of the result; undefined: all.
at::Tensor run_blocks(at::Tensor tokens, std::span<const ops::TransformerBlockWeights> blocks,
                      const ops::TransformerBlockOptions& options, const DropPath& drop_path,
                      const at::Tensor& rows = {});

/// The weights of one block by their official names behind `prefix` ("blocks.0."). LayerScale is
/// there if gamma_1 is; q_bias and v_bias become one bias with zeros for the keys; without any
/// there are zeros alone, which nobody trains.
ops::TransformerBlockWeights block_weights(const ParameterStore& parameters,
                                           const std::string& prefix);

}  // namespace dbot::nn
