// The module's table of device functions.
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#include <torch/headeronly/version.h>

#include "dbot/runtime/cuda/module/cuda_table.h"
#include "dbot/runtime/cuda/module/guarded.h"

namespace dbot::runtime::cuda {
namespace {

namespace allocator = c10::cuda::CUDACachingAllocator;

int use_device(int index, CudaFailure* failure) {
  return guarded(failure, [&] { c10::cuda::set_device(narrow(index)); });
}

int synchronise(int index, CudaFailure* failure) {
  return guarded(failure, [&] {
    const c10::cuda::CUDAGuard guard(narrow(index));
    c10::cuda::device_synchronize();
  });
}

int memory(int index, CudaMemory* memory, CudaFailure* failure) {
  return guarded(failure, [&] {
    const c10::cuda::CUDAGuard guard(narrow(index));
    std::size_t free = 0, total = 0;
    C10_CUDA_CHECK(cudaMemGetInfo(&free, &total));
    *memory = {.free = static_cast<std::int64_t>(free),
               .total = static_cast<std::int64_t>(total),
               .allocated = 0,
               .peak_allocated = 0,
               .reserved = 0,
               .peak_reserved = 0};
    if (!allocator::get()->initialized()) return;  // no tensor was made yet
    const auto all = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    const auto stats = allocator::getDeviceStats(narrow(index));
    memory->allocated = stats.allocated_bytes[all].current;
    memory->peak_allocated = stats.allocated_bytes[all].peak;
    memory->reserved = stats.reserved_bytes[all].current;
    memory->peak_reserved = stats.reserved_bytes[all].peak;
  });
}

int reset_peak_memory(int index, CudaFailure* failure) {
  return guarded(failure, [&] {
    if (allocator::get()->initialized()) allocator::resetPeakStats(narrow(index));
  });
}

int current_stream(int index, void** stream, CudaFailure* failure) {
  return guarded(failure,
                 [&] { *stream = c10::cuda::getCurrentCUDAStream(narrow(index)).stream(); });
}

constexpr CudaTable kTable{.version = kCudaTableVersion,
                           .libtorch = TORCH_VERSION,
                           .toolkit = CUDART_VERSION,
                           .built_for = DBOT_CUDA_BUILT_FOR,
                           .use_device = use_device,
                           .synchronise = synchronise,
                           .memory = memory,
                           .reset_peak_memory = reset_peak_memory,
                           .current_stream = current_stream};

}  // namespace
}  // namespace dbot::runtime::cuda

extern "C" __attribute__((visibility("default"))) const dbot::runtime::cuda::CudaTable*
dbot_cuda_table() {
  return &dbot::runtime::cuda::kTable;
}
