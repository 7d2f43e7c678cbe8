#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "dbot/core/settings/settings.h"

namespace dbot::nn {

/// 1-D sin-cos table, float64 [positions, width]: width/2 sines, then width/2 cosines.
/// docs/methods/mae.md §2.
at::Tensor sincos_table_1d(std::int64_t width, const std::vector<double>& positions);

/// 2-D sin-cos table with a zero cls row, float64 [1 + rows·columns, width]; the first half of the
/// width encodes the column, the second the row; with `rows_first` the other way round. `width`
/// divisible by 4. docs/methods/mae.md §2, docs/methods/maskdistill.md §5.
at::Tensor sincos_table_2d(std::int64_t width, core::Size grid, bool rows_first = false);

/// Where the rows of a table are read for another grid. exact: the places that share the grid's
/// extent; dino: those of a grid that is 0.1 larger, as DINO's scale factor has it.
/// docs/methods/maskdistill.md §3.
enum class PositionResize { exact, dino };

/// Position table [1, 1 + patches, width] for another grid: cls row unchanged, patch rows bicubic,
/// align_corners = false, no antialias. docs/methods/mae.md §2.
at::Tensor resize_position_table(const at::Tensor& table, core::Size from, core::Size to,
                                 PositionResize how = PositionResize::exact);

}  // namespace dbot::nn
