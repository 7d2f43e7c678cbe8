#pragma once

#include <cstdint>

// What libdbot_cuda.so gives the program: tables of plain functions over plain structs, so that the
// program needs no header of CUDA. This one has what a device is asked; a part of the program with
// kernels adds a table and a C factory of its own to the module (runtime::cuda::table).
namespace dbot::runtime::cuda {

/// To be raised with every change of this file: program and module have to agree.
inline constexpr int kCudaTableVersion = 1;

struct CudaFailure {
  int code;  // cudaError_t; 0 where LibTorch failed by itself
  char reason[240];
};

/// See runtime::cuda::Memory.
struct CudaMemory {
  std::int64_t free, total;
  std::int64_t allocated, peak_allocated;
  std::int64_t reserved, peak_reserved;
};

/// Functions that return int give 1 or more, and −1 with `failure` filled.
struct CudaTable {
  int version;
  const char* libtorch;   // that the module was compiled for: "2.11.0"
  int toolkit;            // that it was built with, 1000 · major + 10 · minor
  const char* built_for;  // "CUDA 13.0, sm_80, sm_90a"
  int (*use_device)(int index, CudaFailure* failure);
  int (*synchronise)(int index, CudaFailure* failure);
  int (*memory)(int index, CudaMemory* memory, CudaFailure* failure);
  int (*reset_peak_memory)(int index, CudaFailure* failure);
  /// LibTorch's stream of this thread: a cudaStream_t.
  int (*current_stream)(int index, void** stream, CudaFailure* failure);
};

/// The factory: `extern "C" const CudaTable* dbot_cuda_table()`.
inline constexpr const char* kCudaTableSymbol = "dbot_cuda_table";

}  // namespace dbot::runtime::cuda
