#include <array>
#include <cstring>
#include <stdexcept>

#include "dbot/ops/cpu/kernels/bf16/engines.h"
#include "dbot/ops/cpu/kernels/bf16/tile_product.h"
#include "dbot/ops/cpu/kernels/bf16/tiles.h"

namespace dbot::ops {
namespace {

constexpr int kRows = 16, kRowBytes = 64, kPairs = 16;

using Tile = std::array<std::array<std::uint8_t, kRowBytes>, kRows>;

struct Registers {
  bool configured = false;
  std::array<Tile, kTiles> tiles{};
};

Registers& registers() {
  thread_local Registers all;
  return all;
}

/// On the processor an illegal instruction.
Tile& tile_at(int tile) {
  Registers& all = registers();
  if (!all.configured) throw std::logic_error("[tiles] they are used before they are configured");
  return all.tiles.at(static_cast<std::size_t>(tile));
}

template <typename Value>
Value value_at(const Tile& tile, int row, int index) {
  Value value;
  std::memcpy(&value, tile[static_cast<std::size_t>(row)].data() + index * sizeof value,
              sizeof value);
  return value;
}

}  // namespace

void EmulatedTiles::configure() {
  registers() = {.configured = true};
}

void EmulatedTiles::release() {
  registers() = {};
}

void EmulatedTiles::zero_tile(int tile) {
  tile_at(tile) = {};
}

void EmulatedTiles::load_tile(int tile, const void* from, std::int64_t row_bytes) {
  const auto* bytes = static_cast<const std::uint8_t*>(from);
  for (auto& row : tile_at(tile)) {
    std::memcpy(row.data(), bytes, kRowBytes);
    bytes += row_bytes;
  }
}

void EmulatedTiles::store_tile(int tile, void* to, std::int64_t row_bytes) {
  auto* bytes = static_cast<std::uint8_t*>(to);
  for (const auto& row : tile_at(tile)) {
    std::memcpy(bytes, row.data(), kRowBytes);
    bytes += row_bytes;
  }
}

/// The sums over even and over odd steps are added first, then what the tile held. Products of two
/// bfloat16 numbers are exact in float32.
void EmulatedTiles::dot_tiles(int sums, int left, int right) {
  const Tile &a = tile_at(left), &b = tile_at(right);
  Tile& c = tile_at(sums);
  for (int row = 0; row < kRows; ++row) {
    for (int column = 0; column < kRows; ++column) {
      float even = 0, odd = 0;
      for (int pair = 0; pair < kPairs; ++pair) {
        even += static_cast<float>(value_at<c10::BFloat16>(a, row, 2 * pair)) *
                static_cast<float>(value_at<c10::BFloat16>(b, pair, 2 * column));
        odd += static_cast<float>(value_at<c10::BFloat16>(a, row, 2 * pair + 1)) *
               static_cast<float>(value_at<c10::BFloat16>(b, pair, 2 * column + 1));
      }
      const float total = value_at<float>(c, row, column) + (even + odd);
      std::memcpy(c[static_cast<std::size_t>(row)].data() + column * sizeof total, &total,
                  sizeof total);
    }
  }
}

BlockKernels emulated_tile_kernels() {
  return tile_product_kernels<EmulatedTiles>();
}

}  // namespace dbot::ops
