#include "dbot/ops/cuda/bodies/token_loss.h"

#include "dbot/ops/cuda/device_grid.h"

using namespace dbot::ops::cuda;

extern "C" int dbot_cuda_token_loss(const TokenLoss* arguments, Stream stream) {
  return launch_on(stream, arguments);
}
