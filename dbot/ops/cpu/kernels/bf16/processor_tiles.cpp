#include "dbot/ops/cpu/kernels/bf16/engines.h"
#include "dbot/ops/cpu/kernels/bf16/tile_product.h"
#include "dbot/ops/cpu/kernels/bf16/tiles.h"

namespace dbot::ops {

BlockKernels tile_kernels() {
#if defined(__x86_64__)
  return tile_product_kernels<ProcessorTiles>();
#else
  return {};
#endif
}

}  // namespace dbot::ops
