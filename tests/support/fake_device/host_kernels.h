#pragma once

#include "dbot/ops/gpu/kernels.h"

namespace dbot::test::fake {

/// A GPU's kernels for the device that is not there: their bodies (dbot/ops/cuda/bodies) on the
/// host, in the device's memory, and products by LibTorch. What a GPU would leave to chance throws
/// (tests/ops/cuda/host_block.h).
const ops::gpu::DeviceKernels& host_kernels();

/// Whether operations on the device take them, from now on; at first they do not.
void use_host_kernels(bool use);

}  // namespace dbot::test::fake
