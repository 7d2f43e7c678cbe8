#include "dbot/ops/cuda/bodies/residual_norm_backward.h"

#include "dbot/ops/cuda/device_grid.h"

using namespace dbot::ops::cuda;

extern "C" int dbot_cuda_residual_norm_backward(const ResidualNormBackward* arguments,
                                                Stream stream) {
  return launch_on(stream, arguments);
}
