#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "dbot/core/settings/settings.h"
#include "dbot/masking/random_mask.h"

namespace dbot::masking {

/// What a block mask is made of. Source: BEiT, arXiv 2106.08254, algorithm 1; docs/methods/dbot.md
/// §8.
struct BlockConfig {
  std::int64_t masked = 78;    // patches to hide; a mask may end with fewer unless it is exact
  std::int64_t smallest = 16;  // patches of a block
  double narrowest = 0.3;      // height / width of a block is between this and its inverse
  std::int64_t largest = 0;    // patches of a block; 0: as many as are left to hide
  bool exact = false;          // patches at random make up for what the blocks have left
};

/// Where the draws of a block mask come from, in the order in which they are asked for.
struct BlockDraws {
  // Between the two, whichever is larger: where there is room for less than the smallest block,
  // the area of the next attempt is drawn from what there is room for to that.
  std::function<double(double low, double high)> uniform;
  std::function<std::int64_t(std::int64_t last)> integer;  // in 0…last
  /// So many different numbers in 0…of − 1; exact masks alone ask for them, after all others.
  std::function<std::vector<std::int64_t>(std::int64_t count, std::int64_t of)> choice = {};
};

/// Of a mask of so many patches, of which `patches_of_blocks` are to be hidden.
BlockConfig block_config(const MaskConfig& config, std::int64_t patches);

/// One mask, uint8 [rows, columns] of the grid, 1 = hidden: rectangles at random places until
/// `masked` patches are hidden or ten attempts in a row add nothing. Of an exact one patches that
/// are left, chosen among all visible ones row by row, make up the number
/// (docs/methods/maskdistill.md §4).
at::Tensor block_mask(core::Size grid, const BlockConfig& config, const BlockDraws& draws);

/// Masks of a batch, float32 [batch, patches]; row i depends on (seed, stage, epoch,
/// sample_ids[i]) alone.
at::Tensor block_masks(std::uint64_t seed, std::uint32_t stage, std::uint32_t epoch,
                       std::span<const std::int64_t> sample_ids, core::Size grid,
                       const BlockConfig& config);

}  // namespace dbot::masking
