#include "dbot/ops/cpu/kernels/bf16/pack_kernels.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "dbot/ops/cpu/kernels/bf16/pack_kernels.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include "dbot/simd/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace dbot::ops::HWY_NAMESPACE {

using namespace simd::HWY_NAMESPACE;  // loads, stores and functions on vectors
using c10::BFloat16;

#if HWY_TARGET == HWY_SCALAR

/// A square of four columns and eight steps, which are neighbours, to four rows of pairs.
HWY_INLINE void turn_pairs(const BFloat16* from, std::int64_t stride, BFloat16* to) {
  for (std::int64_t k = 0; k < 8; ++k) {
    for (std::int64_t n = 0; n < 4; ++n) {
      to[k / 2 * 2 * kTileColumns + 2 * n + k % 2] = from[n * stride + k];
    }
  }
}

/// Eight columns of two steps that follow each other, as pairs.
HWY_INLINE void pair_rows(const BFloat16* even, const BFloat16* odd, BFloat16* to) {
  for (std::int64_t n = 0; n < 8; ++n) {
    to[2 * n] = even[n];
    to[2 * n + 1] = odd[n];
  }
}

/// Eight rows of eight values, turned.
HWY_INLINE void transpose_square(const BFloat16* from, std::int64_t stride, BFloat16* to,
                                 std::int64_t to_row) {
  for (std::int64_t i = 0; i < 8; ++i) {
    for (std::int64_t j = 0; j < 8; ++j) to[j * to_row + i] = from[i * stride + j];
  }
}

#else

// Half a row of a tile, or four pairs.
using Eight = hn::FixedTag<std::uint16_t, 8>;
using Pairs = hn::FixedTag<std::uint32_t, 4>;
using Fours = hn::FixedTag<std::uint64_t, 2>;
using EightValues = hn::Vec<Eight>;

HWY_INLINE EightValues load_eight(const BFloat16* from) {
  return hn::LoadU(Eight(), reinterpret_cast<const std::uint16_t*>(from));
}

template <typename Values>
HWY_INLINE void store_eight(Values values, BFloat16* to) {
  hn::StoreU(hn::BitCast(Eight(), values), Eight(), reinterpret_cast<std::uint16_t*>(to));
}

HWY_INLINE void turn_pairs(const BFloat16* from, std::int64_t stride, BFloat16* to) {
  const Pairs pairs;
  const Fours fours;
  const auto column = [&](std::int64_t n)
                          HWY_ATTR { return hn::BitCast(pairs, load_eight(from + n * stride)); };
  const auto a = column(0), b = column(1), c = column(2), d = column(3);
  const auto low = hn::BitCast(fours, hn::InterleaveLower(pairs, a, b));
  const auto low2 = hn::BitCast(fours, hn::InterleaveLower(pairs, c, d));
  const auto high = hn::BitCast(fours, hn::InterleaveUpper(pairs, a, b));
  const auto high2 = hn::BitCast(fours, hn::InterleaveUpper(pairs, c, d));
  constexpr std::int64_t kRow = 2 * kTileColumns;
  store_eight(hn::InterleaveLower(fours, low, low2), to);
  store_eight(hn::InterleaveUpper(fours, low, low2), to + kRow);
  store_eight(hn::InterleaveLower(fours, high, high2), to + 2 * kRow);
  store_eight(hn::InterleaveUpper(fours, high, high2), to + 3 * kRow);
}

HWY_INLINE void pair_rows(const BFloat16* even, const BFloat16* odd, BFloat16* to) {
  const Eight eight;
  store_eight(hn::InterleaveLower(eight, load_eight(even), load_eight(odd)), to);
  store_eight(hn::InterleaveUpper(eight, load_eight(even), load_eight(odd)), to + 8);
}

HWY_INLINE void transpose_square(const BFloat16* from, std::int64_t stride, BFloat16* to,
                                 std::int64_t to_row) {
  const Eight eight;
  const Pairs pairs;
  const Fours fours;
  hn::Vec<Pairs> low[4], high[4];
  for (std::int64_t i = 0; i < 4; ++i) {
    const auto even = load_eight(from + 2 * i * stride);
    const auto odd = load_eight(from + (2 * i + 1) * stride);
    low[i] = hn::BitCast(pairs, hn::InterleaveLower(eight, even, odd));
    high[i] = hn::BitCast(pairs, hn::InterleaveUpper(eight, even, odd));
  }
  const auto half = [&](const hn::Vec<Pairs>* rows, BFloat16* out) HWY_ATTR {
    const auto a = hn::BitCast(fours, hn::InterleaveLower(pairs, rows[0], rows[1]));
    const auto b = hn::BitCast(fours, hn::InterleaveLower(pairs, rows[2], rows[3]));
    const auto c = hn::BitCast(fours, hn::InterleaveUpper(pairs, rows[0], rows[1]));
    const auto d = hn::BitCast(fours, hn::InterleaveUpper(pairs, rows[2], rows[3]));
    store_eight(hn::InterleaveLower(fours, a, b), out);
    store_eight(hn::InterleaveUpper(fours, a, b), out + to_row);
    store_eight(hn::InterleaveLower(fours, c, d), out + 2 * to_row);
    store_eight(hn::InterleaveUpper(fours, c, d), out + 3 * to_row);
  };
  half(low, to);
  half(high, to + 4 * to_row);
}

#endif

HWY_INLINE void copy_row(const BFloat16* from, std::size_t count, BFloat16* to) {
  std::memcpy(to, from, count * sizeof(BFloat16));
}

HWY_INLINE void copy_row(const float* from, std::size_t count, BFloat16* to) {
  for_vectors(count,
              [&](std::size_t i, auto get, auto put) HWY_ATTR { put(get(from + i), to + i); });
}

template <typename Element>
void copy(const Element* from, std::int64_t stride, std::int64_t rows, std::int64_t columns,
          BFloat16* to, std::int64_t to_row) {
  for (std::int64_t i = 0; i < rows; ++i) {
    copy_row(from + i * stride, static_cast<std::size_t>(columns), to + i * to_row);
    std::memset(static_cast<void*>(to + i * to_row + columns), 0,
                static_cast<std::size_t>(to_row - columns) * sizeof(BFloat16));
  }
}

HWY_INLINE void pack_tile_along(const BFloat16* from, std::int64_t stride, BFloat16* to) {
  for (std::int64_t n = 0; n < kTileColumns; n += 4) {
    for (std::int64_t k = 0; k < kTileDepth; k += 8) {
      turn_pairs(from + n * stride + k, stride, to + k * kTileColumns + 2 * n);
    }
  }
}

HWY_INLINE void pack_tile_across(const BFloat16* from, std::int64_t stride, BFloat16* to) {
  for (std::int64_t k = 0; k < kTileDepth; k += 2) {
    const BFloat16* even = from + k * stride;
    BFloat16* row = to + k * kTileColumns;
    pair_rows(even, even + stride, row);
    pair_rows(even + 8, even + stride + 8, row + kTileColumns);
  }
}

/// A tile that is all there is taken from where it lies; any other by way of a copy with zeros.
template <typename Element>
HWY_INLINE bool lies_ready(const PackedColumns<Element>& source, std::int64_t depth) {
  return sizeof(Element) == sizeof(BFloat16) && source.columns == kTileColumns &&
         depth >= kTileDepth;
}

template <typename Element>
void pack_along(const PackedColumns<Element>& source, BFloat16* to) {
  HWY_ALIGN BFloat16 tile[kTileValues] = {};
  for (std::int64_t k = 0; k < source.depth; k += kTileDepth) {
    const std::int64_t depth = std::min(kTileDepth, source.depth - k);
    const Element* from = source.from + k;
    if (lies_ready(source, depth)) {
      pack_tile_along(reinterpret_cast<const BFloat16*>(from), source.stride,
                      to + k * kTileColumns);
    } else {
      copy(from, source.stride, source.columns, depth, tile, kTileDepth);
      pack_tile_along(tile, kTileDepth, to + k * kTileColumns);
    }
  }
}

template <typename Element>
void pack_across(const PackedColumns<Element>& source, BFloat16* to) {
  HWY_ALIGN BFloat16 tile[kTileValues];
  for (std::int64_t k = 0; k < source.depth; k += kTileDepth) {
    const std::int64_t depth = std::min(kTileDepth, source.depth - k);
    const Element* from = source.from + k * source.stride;
    if (lies_ready(source, depth)) {
      pack_tile_across(reinterpret_cast<const BFloat16*>(from), source.stride,
                       to + k * kTileColumns);
    } else {
      std::fill(tile + depth * kTileColumns, tile + kTileValues, BFloat16(0.0F));
      copy(from, source.stride, depth, source.columns, tile, kTileColumns);
      pack_tile_across(tile, kTileColumns, to + k * kTileColumns);
    }
  }
}

/// The same of fewer rows and columns; the others of the result are 0.
HWY_INLINE void transpose_part(const BFloat16* from, std::int64_t stride, std::int64_t rows,
                               std::int64_t columns, BFloat16* to, std::int64_t to_row) {
  HWY_ALIGN BFloat16 square[64] = {}, turned[64];
  copy(from, stride, rows, columns, square, 8);
  transpose_square(square, 8, turned, 8);
  for (std::int64_t c = 0; c < columns; ++c) std::copy_n(turned + 8 * c, 8, to + c * to_row);
}

void transpose(const BFloat16* from, std::int64_t stride, std::int64_t rows, std::int64_t columns,
               BFloat16* to, std::int64_t to_row) {
  for (std::int64_t j = 0; j < columns; j += 8) {
    const std::int64_t some_columns = std::min<std::int64_t>(8, columns - j);
    for (std::int64_t i = 0; i < rows; i += 8) {
      const std::int64_t some_rows = std::min<std::int64_t>(8, rows - i);
      const BFloat16* square = from + i * stride + j;
      BFloat16* turned = to + j * to_row + i;
      if (some_rows == 8 && some_columns == 8) {
        transpose_square(square, stride, turned, to_row);
      } else {
        transpose_part(square, stride, some_rows, some_columns, turned, to_row);
      }
    }
    for (std::int64_t c = j; c < j + some_columns; ++c) {
      std::fill(to + c * to_row + rows, to + (c + 1) * to_row, BFloat16(0.0F));
    }
  }
}

template <typename Element>
PackKernels<Element> kernels_for() {
  return {.along = pack_along<Element>, .across = pack_across<Element>, .copy = copy<Element>};
}

PackKernels<float> float_packing() {
  return kernels_for<float>();
}

PackKernels<BFloat16> bfloat16_packing() {
  return kernels_for<BFloat16>();
}

TransposeKernel transposition() {
  return transpose;
}

}  // namespace dbot::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace dbot::ops {

HWY_EXPORT(float_packing);
HWY_EXPORT(bfloat16_packing);
HWY_EXPORT(transposition);

template <>
PackKernels<float> pack_kernels<float>() {
  return HWY_DYNAMIC_DISPATCH(float_packing)();
}

template <>
PackKernels<c10::BFloat16> pack_kernels<c10::BFloat16>() {
  return HWY_DYNAMIC_DISPATCH(bfloat16_packing)();
}

TransposeKernel transpose_kernel() {
  return HWY_DYNAMIC_DISPATCH(transposition)();
}

}  // namespace dbot::ops
#endif
