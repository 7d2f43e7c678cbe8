#include "dbot/runtime/device.h"

namespace dbot::runtime {
Device::operator at::Device() const {
  return kind == Kind::cpu ? at::Device(at::kCPU)
                           : at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
}

std::string to_string(const Device& device) {
  return device.kind == Device::Kind::cpu ? "cpu" : "cuda:" + std::to_string(device.index);
}

NamedTensors move_to(NamedTensors tensors, const Device& device) {
  const at::Device place = device;
  for (auto& [name, tensor] : tensors) {
    if (tensor.device() != place) tensor = tensor.to(place);
  }
  return tensors;
}

}  // namespace dbot::runtime
