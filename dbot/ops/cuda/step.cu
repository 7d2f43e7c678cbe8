#include "dbot/ops/cuda/bodies/step.h"

#include "dbot/ops/cuda/device_grid.h"

using namespace dbot::ops::cuda;

extern "C" int dbot_cuda_squares(const Squares* arguments, Stream stream) {
  return launch_on(stream, arguments);
}

extern "C" int dbot_cuda_prepare_update(const PrepareUpdate* arguments, Stream stream) {
  return launch_on(stream, arguments);
}

extern "C" int dbot_cuda_adamw_update(const AdamWUpdate* arguments, Stream stream) {
  return launch_on(stream, arguments);
}
