#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "dbot/masking/space_time_grid.h"

namespace dbot::masking {

/// What cubes are made of: BEiT's blocks over several steps.
struct CubeConfig {
  std::int64_t masked = 0;    // tokens to hide
  std::int64_t smallest = 1;  // tokens of a block in one step
  std::int64_t largest = 1;
  double narrowest = 0.3;  // height / width of a block is between this and its inverse
  bool exact = true;       // tokens at random make up for what the blocks have left
};

/// Where the draws of cubes come from, in the order in which they are asked for: area, logarithm of
/// height / width, steps, and, where the block fits, its top, left and first step.
struct CubeDraws {
  std::function<double(double low, double high)> uniform;
  std::function<std::int64_t(std::int64_t first, std::int64_t last)> integer;  // both included
  /// So many different numbers in 0…of − 1; exact masks alone ask for them, after all others.
  std::function<std::vector<std::int64_t>(std::int64_t count, std::int64_t of)> choice = {};
};

/// One mask, uint8 [time, height, width], 1 = hidden: blocks until `masked` tokens are hidden or a
/// hundred attempts in a row add nothing.
at::Tensor cube_mask(const SpaceTimeGrid& grid, const CubeConfig& config, const CubeDraws& draws);

}  // namespace dbot::masking
