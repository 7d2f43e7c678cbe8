#pragma once

#include "dbot/ops/cpu/kernels/bf16/block_product.h"

// The engines, each in a source of its own. Where the compiler has no such instructions they are
// empty.
namespace dbot::ops {

BlockKernels dot_product_kernels();
BlockKernels tile_kernels();
BlockKernels emulated_tile_kernels();

}  // namespace dbot::ops
