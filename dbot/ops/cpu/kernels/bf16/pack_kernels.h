#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

#include "dbot/ops/cpu/kernels/bf16/block_product.h"

// Makes of plain matrices what products of bfloat16 read (block_product.h), by one thread.
namespace dbot::ops {

/// Up to 16 columns of a right matrix, `depth` steps deep.
template <typename Element>
struct PackedColumns {
  const Element* from;  // float or c10::BFloat16
  std::int64_t stride;
  std::int64_t depth;
  std::int64_t columns;
};

template <typename Element>
struct PackKernels {
  /// Element (k, n) at from + n·stride + k: the steps of a column are neighbours. Writes one group,
  /// rounded_up(depth, kTileDepth)·16 values; what is not there is 0.
  void (*along)(const PackedColumns<Element>& columns, c10::BFloat16* to);
  /// Element (k, n) at from + k·stride + n: the columns of a step are neighbours.
  void (*across)(const PackedColumns<Element>& columns, c10::BFloat16* to);
  /// Rows [rows, columns] as bfloat16 with zeros up to `to_row` columns.
  void (*copy)(const Element* from, std::int64_t stride, std::int64_t rows, std::int64_t columns,
               c10::BFloat16* to, std::int64_t to_row);
};

template <typename Element>
PackKernels<Element> pack_kernels();

/// Transposes [rows, columns]: to [columns, to_row], where to_row is a multiple of 8; from column
/// `rows` on the result is 0.
using TransposeKernel = void (*)(const c10::BFloat16* from, std::int64_t stride, std::int64_t rows,
                                 std::int64_t columns, c10::BFloat16* to, std::int64_t to_row);
TransposeKernel transpose_kernel();

}  // namespace dbot::ops
