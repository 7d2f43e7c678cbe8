#include "dbot/ops/backends.h"

#include <optional>

#include "dbot/core/error.h"
#include "dbot/simd/kernel_level.h"

namespace dbot::ops {

Backend backend_of(std::initializer_list<std::reference_wrapper<const at::Tensor>> tensors) {
  std::optional<at::Device> device;
  for (const at::Tensor& tensor : tensors) {
    if (!tensor.defined()) continue;
    if (device && *device != tensor.device()) {
      throw Error("[ops] tensors lie on " + device->str() + " and " + tensor.device().str() +
                  ", expected one device");
    }
    device = tensor.device();
  }
  if (!device || simd::kernel_level() == simd::KernelLevel::reference) return Backend::reference;
  if (device->is_cpu()) return Backend::cpu;
  return has_gpu_kernels(*device) ? Backend::cuda : Backend::reference;
}

}  // namespace dbot::ops
