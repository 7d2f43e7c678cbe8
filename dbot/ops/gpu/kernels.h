#pragma once

#include <c10/core/Device.h>
#include <c10/core/DeviceGuard.h>

#include "dbot/ops/cuda/kernel_table.h"

namespace dbot::ops::gpu {

/// Kernels for one kind of device, and what they have to be told of it.
struct DeviceKernels {
  const cuda::KernelTable* table = nullptr;
  /// On which LibTorch's operations of this thread run there.
  cuda::Stream (*current_stream)(int index) = nullptr;
};

/// For this process: kernels of the devices that LibTorch was taught from outside
/// (runtime::Device::Kind::other), which tests have; null: none. GPUs have those of the CUDA
/// module. Call while no operation runs.
void use_kernels(const DeviceKernels* kernels);

/// Enqueues kernels on one device, where this thread's operations run.
class Kernels {
 public:
  /// Throws Error where the device has no kernels.
  explicit Kernels(const at::Device& device);

  /// Throws Error for arguments that the kernel refuses, and what LibTorch throws where CUDA fails.
  template <typename Arguments>
  void run(int (*cuda::KernelTable::*kernel)(const Arguments*, cuda::Stream),
           const Arguments& arguments) const {
    check((table_->*kernel)(&arguments, stream_));
  }
  /// False where the product's library has no way for it; then nothing was done.
  bool multiply(const cuda::Product& product) const;

 private:
  static void check(int code);

  c10::DeviceGuard guard_;
  const cuda::KernelTable* table_;
  cuda::Stream stream_;
};

}  // namespace dbot::ops::gpu
