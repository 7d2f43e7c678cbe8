#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "dbot/ops/transformer_block.h"

namespace dbot::nn {

/// Rate of block `index` of `depth`: linear from 0 to `maximum`; 0 for a single block.
/// docs/methods/dbot.md §4.
double drop_path_rate(double maximum, std::int64_t index, std::int64_t depth);

/// Stochastic depth of one stack of blocks in one step.
struct DropPath {
  double maximum = 0;  // rate of the last block, or of all
  /// Uniform draws in [0, 1), float32 [2·depth, batch]: row 2i for block i's attention branch, 2i+1
  /// for its MLP branch. Undefined: nothing is dropped. Rows of blocks with rate 0 are not read.
  at::Tensor draws;
  bool constant = false;  // all blocks have the rate `maximum`. docs/methods/m3ae.md §2

  /// keep = floor(1 − rate + draw); multiplier = keep / (1 − rate).
  ops::BranchScales scales(std::int64_t block, std::int64_t depth) const;
};

}  // namespace dbot::nn
