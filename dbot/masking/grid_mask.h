#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "dbot/core/random.h"
#include "dbot/core/settings/settings.h"
#include "dbot/masking/block_mask.h"

// Masks of square cells over whole images, for mixing two images: 1 = the image's own pixel stays.
// Source: MixMask, arXiv 2210.11456, section 3; docs/methods/siamese.md §3.
namespace dbot::masking {

/// block: rectangles of kept cells, as BEiT hides patches; discrete: each cell by itself.
enum class GridMaskKind { block, discrete };

struct GridMaskConfig {
  GridMaskKind kind = GridMaskKind::block;
  std::int64_t cells = 8;  // in a row and in a column
  double kept = 0.5;       // share of the cells; of blocks the most
};

/// Kept cells, uint8 [cells, cells]: blocks of at least 4 cells until trunc(kept · cells²) are kept
/// or ten attempts add nothing.
at::Tensor block_cells(const GridMaskConfig& config, const BlockDraws& draws);

/// The same of single cells: kept where a draw in [0, 1) is above 1 − kept, row by row. All are
/// drawn again while they are equal.
at::Tensor discrete_cells(const GridMaskConfig& config, const std::function<double()>& uniform);

/// Cells of either kind. Blocks that keep all cells or none are drawn again, up to a hundred times,
/// and then give way to single cells.
at::Tensor draw_cells(const GridMaskConfig& config, core::Random& random);

/// Pixel i of a side takes cell ⌊i · cells / side⌋. Returns float32 [height, width].
at::Tensor cells_to_pixels(const at::Tensor& cells, core::Size size);

/// One mask a plane, float32 [planes, height, width].
at::Tensor grid_masks(const GridMaskConfig& config, std::int64_t planes, core::Size size,
                      core::Random& random);

}  // namespace dbot::masking
