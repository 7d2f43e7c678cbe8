#pragma once

#include <cstdint>

#include "dbot/simd/kernel_level.h"

// Products of large float matrices, by one thread: panels of the right matrix are packed into
// memory that stays in the second cache, and tiles of the result are held in registers (Goto & van
// de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008). Each element of the result is
// one sum in a fixed order, whatever part of the result a thread computes.
namespace dbot::ops {

/// Element (i, j) of a matrix is at data + i·row + j·column; one of both is 1.
struct MatrixView {
  const float* data = nullptr;
  std::int64_t row = 0, column = 1;
};

/// c [rows, columns] = a [rows, depth] · b [depth, columns] + bias, or added to what c holds.
struct MatrixProduct {
  std::int64_t rows = 0, columns = 0, depth = 0;
  MatrixView a, b;
  const float* bias = nullptr;  // [columns], added to each row; null: none, also where `add` is set
  float* c = nullptr;
  std::int64_t c_row = 0;
  bool add = false;
};

/// A product is done in pieces of `most_depth`: first all columns of b are packed, panel after
/// panel, each by one thread; then each thread multiplies some rows of a with them.
struct MatrixKernels {
  std::int64_t panel_columns = 0;
  std::int64_t most_depth = 0;
  /// Floats of scratch memory that a thread needs to multiply.
  std::int64_t scratch_size = 0;
  /// Packs columns [first, first + panel_columns) of the product's b, or as many as there are, to
  /// packed + first · depth. Depth: of the piece.
  void (*pack)(const MatrixProduct& piece, std::int64_t first, float* packed) = nullptr;
  /// Rows [begin, end) of the result from the packed columns.
  void (*multiply)(const MatrixProduct& piece, std::int64_t begin, std::int64_t end,
                   const float* packed, float* scratch) = nullptr;
};

/// The kernels of the level in use.
MatrixKernels matrix_kernels();

/// Others for as long as `level` is in use. Call while no operation runs.
void use_matrix_kernels(const MatrixKernels& kernels, simd::KernelLevel level);

}  // namespace dbot::ops
