#pragma once

#include <cstdint>

// The tile registers of AMX-BF16 behind four operations: zero, load, store, and the dot product of
// pairs; and what puts them to use. A tile has 16 rows of 64 bytes. Intel, Architecture
// Instruction Set Extensions Programming Reference, chapter 3.
namespace dbot::ops {

constexpr int kTiles = 8;

/// Every tile with 16 rows of 64 bytes, as LDTILECFG reads it.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

static_assert(sizeof(TileConfiguration) == 64);

#if defined(__x86_64__)

/// The registers themselves. Only where kernel_level.h says that they can be used.
struct ProcessorTiles {
  static void configure() {
    static constexpr TileConfiguration kConfiguration;
    asm volatile("ldtilecfg %0" : : "m"(kConfiguration));
  }
  static void release() { asm volatile("tilerelease" : : : "memory"); }

  template <int kTile>
  static void zero() {
    asm volatile("tilezero %%tmm%c0" : : "i"(kTile));
  }
  template <int kTile>
  static void load(const void* from, std::int64_t row_bytes) {
    asm volatile("tileloadd (%1,%2,1), %%tmm%c0"
                 :
                 : "i"(kTile), "r"(from), "r"(row_bytes)
                 : "memory");
  }
  template <int kTile>
  static void store(void* to, std::int64_t row_bytes) {
    asm volatile("tilestored %%tmm%c0, (%1,%2,1)"
                 :
                 : "i"(kTile), "r"(to), "r"(row_bytes)
                 : "memory");
  }
  /// sums += left · right: sums [16][16] float32, left [16][16 pairs], right [16 pairs][16].
  template <int kSums, int kLeft, int kRight>
  static void dot() {
    asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kSums), "i"(kLeft), "i"(kRight));
  }
};

#endif

/// The same in plain C++, for any processor: slow, and rounded alike. Tiles that were not
/// configured fail an assertion, as they end a program on the processor.
struct EmulatedTiles {
  static void configure();
  static void release();

  template <int kTile>
  static void zero() {
    zero_tile(kTile);
  }
  template <int kTile>
  static void load(const void* from, std::int64_t row_bytes) {
    load_tile(kTile, from, row_bytes);
  }
  template <int kTile>
  static void store(void* to, std::int64_t row_bytes) {
    store_tile(kTile, to, row_bytes);
  }
  template <int kSums, int kLeft, int kRight>
  static void dot() {
    dot_tiles(kSums, kLeft, kRight);
  }

 private:
  static void zero_tile(int tile);
  static void load_tile(int tile, const void* from, std::int64_t row_bytes);
  static void store_tile(int tile, void* to, std::int64_t row_bytes);
  static void dot_tiles(int sums, int left, int right);
};

}  // namespace dbot::ops
