#pragma once

#include <algorithm>

#include "dbot/ops/cpu/kernels/bf16/block_product.h"

// The product on tiles: 2 × 2 tiles of the result, and two tiles of each matrix. `Tiles` is the
// processor's or their emulation (tiles.h).
namespace dbot::ops {

// A piece of two groups of b, 24 KiB, stays in the first cache while the rows pass.
constexpr std::int64_t kTilePieceDepth = 384;

/// Where in the product a square of tiles stands; steps [depth, depth_end) of its sums.
struct TilePlace {
  std::int64_t row, group, depth, depth_end;
};

template <typename Tiles, int kRowTiles, int kGroups>
void multiply_tiles(const BlockProduct& p, const TilePlace& at) {
  const c10::BFloat16* a = p.a + at.row * p.a_row;
  const c10::BFloat16* b = p.b + at.group * p.b_group;
  float* c = p.c + at.row * p.c_row + at.group * kTileColumns;
  const std::int64_t a_bytes = p.a_row * 2, c_bytes = p.c_row * 4;
  constexpr bool kLower = kRowTiles == 2, kRight = kGroups == 2;
  const std::int64_t a_tile = kTileRows * p.a_row, c_tile = kTileRows * p.c_row;
  if (p.add || at.depth > 0) {
    Tiles::template load<0>(c, c_bytes);
    if constexpr (kRight) Tiles::template load<1>(c + kTileColumns, c_bytes);
    if constexpr (kLower) Tiles::template load<2>(c + c_tile, c_bytes);
    if constexpr (kLower && kRight) Tiles::template load<3>(c + c_tile + kTileColumns, c_bytes);
  } else {
    Tiles::template zero<0>();
    Tiles::template zero<1>();
    Tiles::template zero<2>();
    Tiles::template zero<3>();
  }
  for (std::int64_t k = at.depth; k < at.depth_end; k += kTileDepth) {
    Tiles::template load<4>(a + k, a_bytes);
    Tiles::template load<6>(b + k * kTileColumns, kTileDepth * 2);
    Tiles::template dot<0, 4, 6>();
    if constexpr (kRight) {
      Tiles::template load<7>(b + p.b_group + k * kTileColumns, kTileDepth * 2);
      Tiles::template dot<1, 4, 7>();
    }
    if constexpr (kLower) {
      Tiles::template load<5>(a + a_tile + k, a_bytes);
      Tiles::template dot<2, 5, 6>();
    }
    if constexpr (kLower && kRight) Tiles::template dot<3, 5, 7>();
  }
  Tiles::template store<0>(c, c_bytes);
  if constexpr (kRight) Tiles::template store<1>(c + kTileColumns, c_bytes);
  if constexpr (kLower) Tiles::template store<2>(c + c_tile, c_bytes);
  if constexpr (kLower && kRight) Tiles::template store<3>(c + c_tile + kTileColumns, c_bytes);
}

template <typename Tiles, int kGroups>
void multiply_tile_rows(const BlockProduct& p, TilePlace at) {
  for (; at.row + kTileRows < p.rows; at.row += 2 * kTileRows) {
    multiply_tiles<Tiles, 2, kGroups>(p, at);
  }
  if (at.row < p.rows) multiply_tiles<Tiles, 1, kGroups>(p, at);
}

template <typename Tiles>
void multiply_by_tiles(const BlockProduct& p) {
  for (std::int64_t depth = 0; depth < p.depth; depth += kTilePieceDepth) {
    const std::int64_t end = std::min(p.depth, depth + kTilePieceDepth);
    std::int64_t group = 0;
    for (; group + 2 <= p.groups; group += 2) {
      multiply_tile_rows<Tiles, 2>(p, {0, group, depth, end});
    }
    if (group < p.groups) multiply_tile_rows<Tiles, 1>(p, {0, group, depth, end});
  }
}

template <typename Tiles>
BlockKernels tile_product_kernels() {
  return {.begin = Tiles::configure,
          .multiply = multiply_by_tiles<Tiles>,
          .end = Tiles::release,
          .rows = 96};
}

}  // namespace dbot::ops
