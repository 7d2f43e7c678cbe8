#include "dbot/ops/cuda/bodies/patches.h"

#include "dbot/ops/cuda/device_grid.h"

using namespace dbot::ops::cuda;

extern "C" int dbot_cuda_patches(const Patches* arguments, Stream stream) {
  return launch_on(stream, arguments);
}
