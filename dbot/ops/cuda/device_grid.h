#pragma once

#include <cuda_runtime.h>

#include "dbot/ops/cuda/bodies/block.h"
#include "dbot/ops/cuda/bodies/launch.h"

// A GPU's blocks and grids, for nvcc. What they promise is said in block.h and launch.h.
namespace dbot::ops::cuda {

template <typename T>
struct DeviceOwn {
  T value;

  __device__ T& operator[](int) { return value; }
  __device__ const T& operator[](int) const { return value; }
};

template <typename T>
class DeviceShared {
 public:
  __device__ explicit DeviceShared(T* memory) : memory_(memory) {}
  __device__ void put(int, int place, const T& value) { memory_[place] = value; }
  __device__ T get(int, int place) const { return memory_[place]; }

 private:
  T* memory_;
};

class DeviceBlock {
 public:
  __device__ explicit DeviceBlock(void* memory) : memory_(memory) {}

  __device__ std::int64_t index() const { return blockIdx.x; }
  __device__ std::int64_t count() const { return gridDim.x; }
  __device__ int threads() const { return static_cast<int>(blockDim.x); }

  template <typename T>
  __device__ DeviceOwn<T> own() const {
    return {};
  }
  template <typename Phase>
  __device__ void each(const Phase& phase) const {
    phase(static_cast<int>(threadIdx.x));
  }
  template <typename T, int kCount>
  __device__ DeviceOwn<Numbers<T, kCount>> across(const DeviceOwn<Numbers<T, kCount>>& own,
                                                  int distance) const {
    DeviceOwn<Numbers<T, kCount>> result;
    for (int i = 0; i < kCount; ++i) {
      result.value.at[i] = __shfl_xor_sync(0xffffffffU, own.value.at[i], distance);
    }
    return result;
  }
  template <typename T>
  __device__ T uniform(const DeviceOwn<T>& own) const {
    return own.value;
  }
  template <typename T>
  __device__ DeviceShared<T> shared() const {
    return DeviceShared<T>(static_cast<T*>(memory_));
  }
  __device__ void barrier() const { __syncthreads(); }

 private:
  void* memory_;
};

template <typename Body>
__global__ void __launch_bounds__(Body::kThreads, 1) run_body(const __grid_constant__ Body body) {
  __shared__ alignas(16) unsigned char memory[Body::kShared > 0 ? Body::kShared : 1];
  DeviceBlock block(memory);
  body(block);
}

class DeviceGrid {
 public:
  explicit DeviceGrid(Stream stream) : stream_(static_cast<cudaStream_t>(stream)) {}

  template <typename Body>
  int run(std::int64_t blocks, int threads, const Body& body) const {
    if (blocks == 0) return 0;
    if (blocks > 0x7fffffff) return kRefused;
    run_body<Body>
        <<<static_cast<unsigned>(blocks), static_cast<unsigned>(threads), 0, stream_>>>(body);
    return static_cast<int>(cudaGetLastError());
  }

  int clear(void* memory, std::int64_t bytes) const {
    if (bytes == 0) return 0;
    return static_cast<int>(cudaMemsetAsync(memory, 0, static_cast<std::size_t>(bytes), stream_));
  }

 private:
  cudaStream_t stream_;
};

/// Launches on a stream.
template <typename Arguments>
int launch_on(Stream stream, const Arguments* arguments) {
  if (arguments == nullptr) return kRefused;
  DeviceGrid grid(stream);
  return launch(grid, *arguments);
}

}  // namespace dbot::ops::cuda
