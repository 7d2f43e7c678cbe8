#include "dbot/ops/cuda/bodies/residual_norm.h"

#include "dbot/ops/cuda/device_grid.h"

using namespace dbot::ops::cuda;

extern "C" int dbot_cuda_residual_norm(const ResidualNorm* arguments, Stream stream) {
  return launch_on(stream, arguments);
}
