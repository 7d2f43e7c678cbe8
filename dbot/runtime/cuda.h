#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/core/error.h"

// GPUs, as the rest of the program sees them. The program links nothing of CUDA: load_cuda() opens
// the user's libtorch_cuda.so and the module libdbot_cuda.so (cuda/module/cuda_table.h) if it can.
// Every function is there whether they are or not; docs/gpu.md.
namespace dbot::runtime {
namespace cuda {

/// What stands between a process and a GPU, in the order in which it is met.
enum class Obstacle {
  none,
  not_asked,     // load_cuda() has not been called
  no_driver,     // libcuda.so.1
  driver_fails,  // it does not begin, or LibTorch does not come to terms with it
  no_gpu,
  old_gpu,        // all are below kLeastCapability
  no_library,     // libtorch_cuda.so
  other_library,  // it is not of the LibTorch that this process has
  old_driver,     // for the CUDA that the library was built with
  no_module,      // libdbot_cuda.so
  library_fails,  // the system cannot load libtorch_cuda.so
  module_fails,   // nor libdbot_cuda.so
  other_module,   // it is not of this program's version
  too_late,       // LibTorch has settled before that there is no CUDA
};

/// 10 · major + minor of the oldest GPUs that are of use: Ampere's.
inline constexpr int kLeastCapability = 80;

struct Gpu {
  std::string name;  // "NVIDIA H200"
  int capability = 0;
  std::int64_t memory_bytes = 0;
};

/// "8.0" of 80.
std::string capability_text(int capability);

/// What load_cuda() found. Paths and versions are empty where it did not come so far.
struct Found {
  Obstacle obstacle = Obstacle::not_asked;
  ErrorFields why;        // what the obstacle is, and the way out; empty without one
  std::string driver;     // the newest CUDA that it serves: "13.0"
  std::vector<Gpu> gpus;  // in the driver's order, which CUDA_VISIBLE_DEVICES changes
  std::string library;    // path of libtorch_cuda.so
  std::string module;     // path of libdbot_cuda.so
  std::string built_for;  // toolkit and architectures of the module: "CUDA 13.0, sm_80, sm_90a"
};

/// What load_cuda() found; the obstacle not_asked before it was called. Never loads anything.
const Found& found();

/// Whether operations can run on a GPU in this process; never before load_cuda().
bool available();
/// GPUs that can be named by an index; 0 if none can be used.
int device_count();
/// A sentence that says why no GPU can be used. Empty if one can.
std::string why_not();

// ---- Of a GPU. They throw Error where none can be used, or where CUDA fails. ----

/// Bytes on one GPU. Those of this process are LibTorch's, which keeps what was freed.
struct Memory {
  std::int64_t free = 0, total = 0;                // of the GPU, all processes
  std::int64_t allocated = 0, peak_allocated = 0;  // in tensors of this process
  std::int64_t reserved = 0, peak_reserved = 0;    // by this process
};
Memory memory(int index);
/// Peaks count from now on.
void reset_peak_memory(int index);
/// Makes it the one of this thread.
void use_device(int index);
/// Waits until all that was given to it is done.
void synchronise(int index);
/// The stream (cudaStream_t) on which LibTorch's operations of this thread run there.
void* current_stream(int index);

/// float32 products in TF32, which has 10 bits of mantissa; load_cuda() forbids it.
void allow_tf32(bool allowed);

/// A further table of the module, of functions that a higher part of the program knows: what the
/// C factory `symbol` returns. Every table begins with its version, an int. Throws Error if the
/// module is not loaded, has no such table, or one of another version.
const void* table(const char* symbol, int version);

}  // namespace cuda

/// Makes the GPUs of this machine usable if it can, once; later calls give what the first found.
/// It asks the driver first, so that a machine without a GPU loads nothing. A command that computes
/// calls it (by resolve_device) before its first backward pass, and before anything asks LibTorch
/// for CUDA: LibTorch remembers the answer "no CUDA" for good. Deterministic kernels are chosen,
/// and CUBLAS_WORKSPACE_CONFIG is set where the user has not. Throws nothing: see `obstacle`.
const cuda::Found& load_cuda();

}  // namespace dbot::runtime
