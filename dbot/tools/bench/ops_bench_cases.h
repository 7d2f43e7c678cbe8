#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/tools/bench/ops_bench.h"

// The table of operations, in parts. `compute` is the type of matrix products.
namespace dbot::tools {

/// The tokens that the blocks of a network work on.
struct TokenShape {
  std::string network;
  std::int64_t batch = 0, tokens = 0, width = 0, heads = 0;
  runtime::Device device = {};

  std::int64_t rows() const { return batch * tokens; }
  std::int64_t hidden() const { return 4 * width; }
  /// "64 x 17 x 192".
  std::string text() const;
};

/// Matrix products of the MLP's two layers, forward and both gradients.
std::vector<OperationCase> linear_cases(const TokenShape& shape, at::ScalarType compute);
/// The same layers with packed matrices and what follows them: for bfloat16 where the kernel level
/// in use has products of it.
std::vector<OperationCase> packed_cases(const TokenShape& shape, at::ScalarType compute);
/// LayerNorm with the residual addition, and GELU, forward and backward.
std::vector<OperationCase> row_cases(const TokenShape& shape, at::ScalarType compute);
std::vector<OperationCase> attention_cases(const TokenShape& shape, at::ScalarType compute);
std::vector<OperationCase> block_cases(const TokenShape& shape, at::ScalarType compute);
/// Patches, tokens, target and loss.
std::vector<OperationCase> step_cases(at::ScalarType compute, const runtime::Device& device = {});
std::vector<OperationCase> optimizer_cases();
/// Moving averages and queues of keys.
std::vector<OperationCase> follower_cases();
/// Masks of the largest scores.
std::vector<OperationCase> mask_cases();

}  // namespace dbot::tools
