#include "dbot/ops/cuda/bodies/tokens.h"

#include "dbot/ops/cuda/device_grid.h"

using namespace dbot::ops::cuda;

extern "C" int dbot_cuda_tokens(const Tokens* arguments, Stream stream) {
  return launch_on(stream, arguments);
}

extern "C" int dbot_cuda_tokens_backward(const TokensBackward* arguments, Stream stream) {
  return launch_on(stream, arguments);
}
