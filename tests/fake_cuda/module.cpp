// libdbot_cuda.so whose table answers with made-up numbers.
#include <torch/headeronly/version.h>

#include <algorithm>
#include <string_view>

#include "dbot/runtime/cuda/module/cuda_table.h"
#include "tests/fake_cuda/words.h"

namespace dbot::runtime::cuda {
namespace {

int known(int index, CudaFailure* failure) {
  if (index == 0) return 1;
  constexpr std::string_view kReason = "invalid device ordinal";
  failure->code = 101;
  *std::copy(kReason.begin(), kReason.end(), failure->reason) = '\0';
  return -1;
}

int memory(int index, CudaMemory* memory, CudaFailure* failure) {
  *memory = {.free = 60,
             .total = 80,
             .allocated = 5,
             .peak_allocated = 7,
             .reserved = 10,
             .peak_reserved = 20};
  return known(index, failure);
}

int current_stream(int index, void** stream, CudaFailure* failure) {
  *stream = nullptr;
  return known(index, failure);
}

}  // namespace
}  // namespace dbot::runtime::cuda

extern "C" {

const dbot::runtime::cuda::CudaTable* dbot_cuda_table() {
  namespace cuda = dbot::runtime::cuda;
  using namespace dbot::fake_cuda;
  static cuda::CudaTable table{};
  table = {.version = number("FAKE_CUDA_TABLE", cuda::kCudaTableVersion),
           .libtorch = word("FAKE_CUDA_LIBTORCH", TORCH_VERSION),
           .toolkit = number("FAKE_CUDA_TOOLKIT", 13000),
           .built_for = "CUDA 13.0, made up",
           .use_device = cuda::known,
           .synchronise = cuda::known,
           .memory = cuda::memory,
           .reset_peak_memory = cuda::known,
           .current_stream = cuda::current_stream};
  return &table;
}

/// A further table, of version 7.
const int* dbot_fake_table() {
  static const int table = 7;
  return &table;
}
}
