#include "dbot/ops/cpu/kernels/matrix_kernel.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/ops/cpu/kernels/matrix_kernel.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "dbot/ops/cpu/kernels/small_product-inl.h"
#include "dbot/simd/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::ops::HWY_NAMESPACE {

using namespace simd::HWY_NAMESPACE;  // loads, stores and functions on vectors

constexpr std::size_t kDepth = 768;     // of a piece: a panel of 64 columns has 192 KiB
constexpr std::size_t kTileRows = 6;    // as product_columns takes them
constexpr std::size_t kBlockRows = 96;  // of a that stay in the cache while all panels pass

HWY_INLINE std::size_t panel_width() {
  return kWideVectors * hn::Lanes(Floats());
}

/// Up to panel_width() columns of b, packed as [depth, width] with zeros behind the last column.
struct Panel {
  float* data;
  std::size_t columns, width;
};

HWY_INLINE void pack_rows(MatrixView b, std::size_t depth, Panel panel) {
  for (std::size_t k = 0; k < depth; ++k) {
    const float* from = b.data + static_cast<std::int64_t>(k) * b.row;
    float* to = panel.data + k * panel.width;
    std::copy_n(from, panel.columns, to);
    std::fill(to + panel.columns, to + panel.width, 0.0F);
  }
}

#if HWY_TARGET == HWY_SCALAR
constexpr std::size_t kSquare = 1;

HWY_INLINE void transpose_square(const float* const from[4], std::size_t k, float* to,
                                 std::size_t) {
  for (std::size_t i = 0; i < 4; ++i) to[i] = from[i][k];
}
#else
constexpr std::size_t kSquare = 4;  // rows at a time

/// A square of four columns of b, each of them contiguous in memory, to four rows.
HWY_INLINE void transpose_square(const float* const from[4], std::size_t k, float* to,
                                 std::size_t width) {
  const hn::FixedTag<float, 4> four;
  const hn::FixedTag<double, 2> pairs;
  const auto a = hn::LoadU(four, from[0] + k), b = hn::LoadU(four, from[1] + k);
  const auto c = hn::LoadU(four, from[2] + k), d = hn::LoadU(four, from[3] + k);
  const auto low = hn::BitCast(pairs, hn::InterleaveLower(four, a, b));
  const auto low2 = hn::BitCast(pairs, hn::InterleaveLower(four, c, d));
  const auto high = hn::BitCast(pairs, hn::InterleaveUpper(four, a, b));
  const auto high2 = hn::BitCast(pairs, hn::InterleaveUpper(four, c, d));
  hn::StoreU(hn::BitCast(four, hn::InterleaveLower(pairs, low, low2)), four, to);
  hn::StoreU(hn::BitCast(four, hn::InterleaveUpper(pairs, low, low2)), four, to + width);
  hn::StoreU(hn::BitCast(four, hn::InterleaveLower(pairs, high, high2)), four, to + 2 * width);
  hn::StoreU(hn::BitCast(four, hn::InterleaveUpper(pairs, high, high2)), four, to + 3 * width);
}
#endif

HWY_INLINE void pack_columns(MatrixView b, std::size_t depth, Panel panel) {
  const auto column = [&b](std::size_t j)
                          HWY_ATTR { return b.data + static_cast<std::int64_t>(j) * b.column; };
  std::size_t j = 0;
  for (; j + 4 <= panel.columns; j += 4) {
    const float* from[4] = {column(j), column(j + 1), column(j + 2), column(j + 3)};
    std::size_t k = 0;
    for (; k + kSquare <= depth; k += kSquare) {
      transpose_square(from, k, panel.data + k * panel.width + j, panel.width);
    }
    for (; k < depth; ++k) {
      for (std::size_t i = 0; i < 4; ++i) panel.data[k * panel.width + j + i] = from[i][k];
    }
  }
  for (; j < panel.width; ++j) {
    for (std::size_t k = 0; k < depth; ++k) {
      panel.data[k * panel.width + j] = j < panel.columns ? column(j)[k] : 0.0F;
    }
  }
}

template <int kVectors>
HWY_INLINE void through_panel(std::size_t rows, std::size_t depth, Left a, Panel panel, Product c) {
  if (panel.columns == panel.width) {
    return product_columns<kVectors>(rows, depth, a, panel.data, panel.width, c.data, c.row, c.add,
                                     c.start);
  }
  // By way of whole vectors, some rows at a time.
  HWY_ALIGN float tile[kTileRows * kVectors * kMostLanes] = {};
  HWY_ALIGN float start[kVectors * kMostLanes] = {};
  if (c.start != nullptr) std::copy_n(c.start, panel.columns, start);
  for (std::size_t first = 0; first < rows; first += kTileRows) {
    const std::size_t count = std::min(kTileRows, rows - first);
    for (std::size_t i = 0; c.add && i < count; ++i) {
      std::copy_n(c.data + (first + i) * c.row, panel.columns, tile + i * panel.width);
    }
    product_columns<kVectors>(count, depth, {a.data + first * a.row, a.row, a.column}, panel.data,
                              panel.width, tile, panel.width, c.add, start);
    for (std::size_t i = 0; i < count; ++i) {
      std::copy_n(tile + i * panel.width, panel.columns, c.data + (first + i) * c.row);
    }
  }
}

HWY_INLINE void through(std::size_t rows, std::size_t depth, Left a, Panel panel, Product c) {
  const std::size_t vectors = panel.width / hn::Lanes(Floats());
  if (vectors == 1) return through_panel<1>(rows, depth, a, panel, c);
  if (vectors == 2) return through_panel<2>(rows, depth, a, panel, c);
#if HWY_TARGET <= HWY_AVX3
  if (vectors == 3) return through_panel<3>(rows, depth, a, panel, c);
  return through_panel<4>(rows, depth, a, panel, c);
#endif
}

Panel panel_at(const MatrixProduct& piece, std::size_t first, float* packed) {
  const std::size_t lanes = hn::Lanes(Floats());
  const std::size_t columns =
      std::min(panel_width(), static_cast<std::size_t>(piece.columns) - first);
  return {packed + first * static_cast<std::size_t>(piece.depth), columns,
          (columns + lanes - 1) / lanes * lanes};
}

void pack(const MatrixProduct& piece, std::int64_t first, float* packed) {
  const Panel panel = panel_at(piece, static_cast<std::size_t>(first), packed);
  MatrixView b = piece.b;
  b.data += first * b.column;
  if (b.column == 1) {
    pack_rows(b, static_cast<std::size_t>(piece.depth), panel);
  } else {
    pack_columns(b, static_cast<std::size_t>(piece.depth), panel);
  }
}

/// Some rows of a, the elements of a column of which are neighbours, as tiles [depth, kTileRows].
HWY_INLINE void pack_tiles(MatrixView a, std::size_t rows, std::size_t depth, float* to) {
  const hn::CappedTag<float, 8> eight;
  for (std::size_t i = 0; i < rows; i += kTileRows) {
    const std::size_t count = std::min(kTileRows, rows - i);
    float* tile = to + i * depth;
    for (std::size_t k = 0; k < depth; ++k, tile += kTileRows) {
      const float* from = a.data + static_cast<std::int64_t>(k) * a.column + i;
      // Eight at once where they exist; what is behind the sixth is overwritten by the next row.
      if (hn::Lanes(eight) == 8 && i + 8 <= rows) {
        hn::StoreU(hn::LoadU(eight, from), eight, tile);
      } else {
        std::copy_n(from, count, tile);
      }
    }
  }
}

void multiply(const MatrixProduct& piece, std::int64_t begin, std::int64_t end, const float* packed,
              float* scratch) {
  const auto depth = static_cast<std::size_t>(piece.depth);
  const auto columns = static_cast<std::size_t>(piece.columns);
  const auto c_row = static_cast<std::size_t>(piece.c_row);
  const bool tiled = piece.a.column != 1;
  for (std::int64_t row = begin; row < end; row += kBlockRows) {
    const std::size_t rows = std::min(kBlockRows, static_cast<std::size_t>(end - row));
    const float* a = piece.a.data + row * piece.a.row;
    if (tiled) pack_tiles({a, 1, piece.a.column}, rows, depth, scratch);
    for (std::size_t j = 0; j < columns; j += panel_width()) {
      const Panel panel = panel_at(piece, j, const_cast<float*>(packed));
      Product c{piece.c + row * piece.c_row + j, c_row, piece.add,
                piece.bias == nullptr ? nullptr : piece.bias + j};
      if (!tiled) {
        through(rows, depth, {a, static_cast<std::size_t>(piece.a.row), 1}, panel, c);
        continue;
      }
      for (std::size_t i = 0; i < rows; i += kTileRows, c.data += kTileRows * c_row) {
        through(std::min(kTileRows, rows - i), depth, {scratch + i * depth, 1, kTileRows}, panel,
                c);
      }
    }
  }
}

MatrixKernels matrix() {
  return {.panel_columns = static_cast<std::int64_t>(panel_width()),
          .most_depth = kDepth,
          .scratch_size = kBlockRows * kDepth + 8,
          .pack = pack,
          .multiply = multiply};
}

}  // namespace dbot::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::ops {

HWY_EXPORT(matrix);

MatrixKernels matrix_kernels() {
  return HWY_DYNAMIC_DISPATCH(matrix)();
}

}  // namespace dbot::ops
#endif
