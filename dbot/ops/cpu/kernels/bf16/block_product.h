#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

// Products of bfloat16 matrices, summed in float32, by one thread. The right matrix is packed in
// groups of 16 columns; a group is a row of tiles: 32 steps of the sums deep, laid out as the tile
// instructions want them, [16 pairs of steps][16 columns][2 steps]. AMX takes a tile at once,
// AVX512-BF16 a row of a tile, so that one layout serves both.
namespace dbot::ops {

constexpr std::int64_t kTileColumns = 16;  // of a group
constexpr std::int64_t kTileDepth = 32;    // steps of the sums
constexpr std::int64_t kTileRows = 16;     // of the left matrix and of the result
constexpr std::int64_t kTileValues = kTileColumns * kTileDepth;

constexpr std::int64_t rounded_up(std::int64_t count, std::int64_t unit) {
  return (count + unit - 1) / unit * unit;
}

/// c [rows, 16·groups] = a [rows, depth] · b, or added to what c holds. Each element is one sum in
/// the order of the depth.
struct BlockProduct {
  std::int64_t rows = 0, groups = 0, depth = 0;
  /// Row i at a + i·a_row. Readable up to a multiple of kTileRows rows, whatever they hold, and of
  /// kTileDepth columns, which are finite: the packed matrix is 0 there.
  const c10::BFloat16* a = nullptr;
  std::int64_t a_row = 0;
  /// Group j at b + j·b_group.
  const c10::BFloat16* b = nullptr;
  std::int64_t b_group = 0;
  /// Writable up to a multiple of kTileRows rows.
  float* c = nullptr;
  std::int64_t c_row = 0;
  bool add = false;
  /// Of engines that round: where it is not null, row i plus the bias goes to y + i·y_row as
  /// bfloat16, and c is not touched.
  c10::BFloat16* y = nullptr;
  std::int64_t y_row = 0;
  const float* bias = nullptr;  // [16·groups]; null: none
};

/// What multiplies blocks.
enum class BlockEngine {
  none,           // LibTorch multiplies bfloat16 matrices
  dot_products,   // AVX512-BF16
  tiles,          // AMX
  emulated_tiles  // the code of `tiles` on any processor, slowly: for tests
};

/// An engine's functions. Between `begin` and `end`, which every thread calls around its products,
/// nothing else may use the tile registers.
struct BlockKernels {
  void (*begin)() = nullptr;
  void (*multiply)(const BlockProduct& product) = nullptr;
  void (*end)() = nullptr;
  std::int64_t rows = 0;  // a multiple of kTileRows: how many at a time keep it busy
  bool rounds = false;    // it has the sums in registers that it can round
};

/// Throws Error for `none`, and for what this processor does not have.
BlockKernels block_kernels(BlockEngine engine);

/// The engine of the kernel level in use, or the one that was asked for.
BlockEngine block_engine();

/// Another engine than the level's for as long as this lives: for tests and benchmarks. Make one
/// while no operation runs.
class ChosenEngine {
 public:
  explicit ChosenEngine(BlockEngine engine);
  ~ChosenEngine();
  ChosenEngine(const ChosenEngine&) = delete;
  ChosenEngine& operator=(const ChosenEngine&) = delete;
};

/// `begin` and `end` of a thread's products.
class EngineInUse {
 public:
  explicit EngineInUse(const BlockKernels& kernels) : kernels_(kernels) { kernels_.begin(); }
  ~EngineInUse() { kernels_.end(); }
  EngineInUse(const EngineInUse&) = delete;
  EngineInUse& operator=(const EngineInUse&) = delete;

 private:
  const BlockKernels& kernels_;
};

}  // namespace dbot::ops
