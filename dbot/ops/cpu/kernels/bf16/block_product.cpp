#include "dbot/ops/cpu/kernels/bf16/block_product.h"

#include <atomic>
#include <optional>

#include "dbot/core/error.h"
#include "dbot/ops/cpu/kernels/bf16/engines.h"
#include "dbot/simd/kernel_level.h"

namespace dbot::ops {
namespace {

constexpr int kNoneChosen = -1;

std::atomic<int>& chosen() {
  static std::atomic<int> engine = kNoneChosen;
  return engine;
}

BlockKernels kernels_of(BlockEngine engine) {
  switch (engine) {
    case BlockEngine::dot_products:
      return dot_product_kernels();
    case BlockEngine::tiles:
      return tile_kernels();
    case BlockEngine::emulated_tiles:
      return emulated_tile_kernels();
    case BlockEngine::none:
      break;
  }
  return {};
}

}  // namespace

BlockKernels block_kernels(BlockEngine engine) {
  const BlockKernels kernels = kernels_of(engine);
  if (kernels.multiply == nullptr) {
    throw Error("[bf16 products] this processor has no instructions for them");
  }
  return kernels;
}

BlockEngine block_engine() {
  const int other = chosen();
  if (other != kNoneChosen) return static_cast<BlockEngine>(other);
  switch (simd::kernel_level()) {
    case simd::KernelLevel::amx:
      return BlockEngine::tiles;
    case simd::KernelLevel::avx512_bf16:
      return BlockEngine::dot_products;
    default:
      return BlockEngine::none;
  }
}

ChosenEngine::ChosenEngine(BlockEngine engine) {
  chosen() = static_cast<int>(engine);
}

ChosenEngine::~ChosenEngine() {
  chosen() = kNoneChosen;
}

}  // namespace dbot::ops
