#pragma once

#include <cstdint>

#include "dbot/ops/cuda/kernels.h"

// A product of matrices that lie row by row, as BLAS sees it: column by column, so that the result
// is turned and its factors change places.
namespace dbot::ops::cuda {

/// A matrix in memory, column by column: `rows` neighbours make a column, and the next one begins
/// right behind.
struct BlasMatrix {
  const void* values = nullptr;
  std::int64_t rows = 0, columns = 0;
  bool transposed = false;  // what is multiplied
};

/// result = first · second, each transposed where it says so.
struct BlasProduct {
  BlasMatrix first, second;
  std::int64_t rows = 0, columns = 0;  // of the result
};

constexpr BlasProduct blas_product(const Product& a) {
  // Row by row, a matrix [r, c] is column by column its transpose, [c, r].
  const BlasMatrix left{.values = a.a,
                        .rows = a.a_turned ? a.rows : a.inner,
                        .columns = a.a_turned ? a.inner : a.rows,
                        .transposed = a.a_turned};
  const BlasMatrix right{.values = a.b,
                         .rows = a.b_turned ? a.inner : a.columns,
                         .columns = a.b_turned ? a.columns : a.inner,
                         .transposed = a.b_turned};
  return {.first = right, .second = left, .rows = a.columns, .columns = a.rows};
}

}  // namespace dbot::ops::cuda
