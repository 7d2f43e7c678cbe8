#include "dbot/runtime/device.h"

#include <cstdint>
#include <map>
#include <utility>

namespace dbot::runtime {

Device::operator at::Device() const {
  if (is_cpu()) return at::Device(at::kCPU);
  return {kind == Kind::cuda ? at::kCUDA : at::kPrivateUse1, static_cast<at::DeviceIndex>(index)};
}

std::string to_string(const Device& device) {
  return device.is_cpu() ? "cpu" : at::Device(device).str();
}

NamedTensors move_to(NamedTensors tensors, const Device& device) {
  const at::Device place = device;
  for (auto& [name, tensor] : tensors) {
    if (tensor.device() != place) tensor = tensor.to(place, /*non_blocking=*/!device.is_cpu());
  }
  return tensors;
}

NamedTensors on_host(NamedTensors tensors) {
  std::map<std::pair<const void*, at::ScalarType>, at::Tensor> copies;
  for (auto& [name, tensor] : tensors) {
    if (!tensor.defined() || tensor.is_cpu()) continue;
    const c10::Storage& storage = tensor.storage();
    at::Tensor& whole = copies[{storage.unsafeGetStorageImpl(), tensor.scalar_type()}];
    if (!whole.defined()) {
      const auto bytes = static_cast<std::int64_t>(storage.nbytes());
      const std::int64_t elements = bytes / static_cast<std::int64_t>(tensor.element_size());
      whole = tensor.detach().as_strided({elements}, {1}, 0).cpu();
    }
    tensor = whole.as_strided(tensor.sizes(), tensor.strides(), tensor.storage_offset());
  }
  return tensors;
}

}  // namespace dbot::runtime
