#include "dbot/ops/cuda/bodies/activations.h"

#include "dbot/ops/cuda/device_grid.h"

using namespace dbot::ops::cuda;

extern "C" int dbot_cuda_gelu(const Gelu* arguments, Stream stream) {
  return launch_on(stream, arguments);
}

extern "C" int dbot_cuda_gelu_backward(const GeluBackward* arguments, Stream stream) {
  return launch_on(stream, arguments);
}

extern "C" int dbot_cuda_column_sums(const ColumnSums* arguments, Stream stream) {
  return launch_on(stream, arguments);
}
