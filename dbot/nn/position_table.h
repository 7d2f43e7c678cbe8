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

/// How the patch rows of a table are resampled; always bicubic with align_corners = false.
struct TableResize {
  std::int64_t prefix_rows = 1;  // of the class token: they stay
  bool antialias = false;
  /// The scale is (patches + offset) / patches of the old grid, not the ratio of the grids.
  double offset = 0;
};

/// DINO's offset (Caron et al., arXiv 2104.14294): its program adds 0.1 so that no row is lost to
/// rounding. docs/methods/maskdistill.md §3.
inline constexpr double kDinoOffset = 0.1;

/// Position table [1, prefix + patches, width] for another grid: prefix rows unchanged, patch rows
/// bicubic, align_corners = false, by default no antialias. docs/methods/mae.md §2,
/// docs/methods/teachers.md §4.
at::Tensor resize_position_table(const at::Tensor& table, core::Size from, core::Size to,
                                 const TableResize& how = {});

}  // namespace dbot::nn
