#include "dbot/ops/cuda/bodies/flat.h"

#include "dbot/ops/cuda/device_grid.h"

using namespace dbot::ops::cuda;

extern "C" int dbot_cuda_narrowed(const Narrowed* arguments, Stream stream) {
  return launch_on(stream, arguments);
}

extern "C" int dbot_cuda_scaled(const Scaled* arguments, Stream stream) {
  return launch_on(stream, arguments);
}
