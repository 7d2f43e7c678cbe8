// Products of small float matrices that lie in the cache, once for each instruction set.
#if defined(DBOT_OPS_SMALL_PRODUCT_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef DBOT_OPS_SMALL_PRODUCT_INL_H_
#undef DBOT_OPS_SMALL_PRODUCT_INL_H_
#else
#define DBOT_OPS_SMALL_PRODUCT_INL_H_
#endif

#include "dbot/simd/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::ops::HWY_NAMESPACE {

using namespace simd::HWY_NAMESPACE;  // loads, stores and functions on vectors

// Vectors of a tile's rows: 32 registers hold 6 × 4 sums and a row; 16 hold 6 × 2.
constexpr int kWideVectors = HWY_TARGET <= HWY_AVX3 ? 4 : 2;

/// Element (i, k) is at data + i·row + k·column.
struct Left {
  const float* data;
  std::size_t row, column;
};

/// Rows of whole vectors.
struct Right {
  const float* data;
  std::size_t row;
};

struct Product {
  float* data;
  std::size_t row;
  bool add;                      // to what is there
  const float* start = nullptr;  // otherwise, to this row (a bias) in each row; null: to 0
};

/// Rows × Vectors accumulators that stay in registers.
template <int kRows, int kVectors>
HWY_INLINE void product_tile(std::size_t depth, Left a, const float* b, std::size_t b_row, float* c,
                             std::size_t c_row, bool add, const float* start) {
  const std::size_t lanes = hn::Lanes(Floats());
  Vector sums[kRows][kVectors];
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kVectors; ++j) {
      sums[i][j] = add                ? load(c + i * c_row + j * lanes)
                   : start != nullptr ? load(start + j * lanes)
                                      : constant(0.0F);
    }
  }
  for (std::size_t k = 0; k < depth; ++k) {
    Vector row[kVectors];
    for (int j = 0; j < kVectors; ++j) row[j] = load(b + k * b_row + j * lanes);
    for (int i = 0; i < kRows; ++i) {
      const Vector factor = constant(a.data[i * a.row + k * a.column]);
      for (int j = 0; j < kVectors; ++j) sums[i][j] = hn::MulAdd(factor, row[j], sums[i][j]);
    }
  }
  for (int i = 0; i < kRows; ++i) {
    for (int j = 0; j < kVectors; ++j) store(sums[i][j], c + i * c_row + j * lanes);
  }
}

template <int kVectors>
HWY_INLINE void product_columns(std::size_t rows, std::size_t depth, Left a, const float* b,
                                std::size_t b_row, float* c, std::size_t c_row, bool add,
                                const float* start) {
  constexpr int kTile = 6;
  std::size_t i = 0;
  const auto rest = [&](std::size_t first) HWY_ATTR {
    return Left{a.data + first * a.row, a.row, a.column};
  };
  for (; i + kTile <= rows; i += kTile) {
    product_tile<kTile, kVectors>(depth, rest(i), b, b_row, c + i * c_row, c_row, add, start);
  }
  for (; i + 2 <= rows; i += 2) {
    product_tile<2, kVectors>(depth, rest(i), b, b_row, c + i * c_row, c_row, add, start);
  }
  if (i < rows)
    product_tile<1, kVectors>(depth, rest(i), b, b_row, c + i * c_row, c_row, add, start);
}

/// c [rows, columns] = a [rows, depth] · b [depth, columns]; columns is a multiple of the lanes.
HWY_INLINE void product(std::size_t rows, std::size_t columns, std::size_t depth, Left a, Right b,
                        Product c) {
  const std::size_t lanes = hn::Lanes(Floats());
  std::size_t j = 0;
  for (; j + kWideVectors * lanes <= columns; j += kWideVectors * lanes) {
    product_columns<kWideVectors>(rows, depth, a, b.data + j, b.row, c.data + j, c.row, c.add,
                                  c.start == nullptr ? nullptr : c.start + j);
  }
  for (; j < columns; j += lanes) {
    product_columns<1>(rows, depth, a, b.data + j, b.row, c.data + j, c.row, c.add,
                       c.start == nullptr ? nullptr : c.start + j);
  }
}

}  // namespace dbot::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
