#include "dbot/runtime/device.h"

#include <charconv>
#include <optional>

#include "dbot/core/error.h"
#include "dbot/runtime/cuda.h"

namespace dbot::runtime {
namespace {

constexpr std::string_view kCuda = "cuda";

/// The number behind "cuda:", 0 without one; empty if the text names no GPU.
std::optional<int> cuda_index(std::string_view request) {
  if (!request.starts_with(kCuda)) return std::nullopt;
  const std::string_view rest = request.substr(kCuda.size());
  if (rest.empty()) return 0;
  const std::string_view digits = rest.substr(1);
  int index = 0;
  const auto [end, problem] = std::from_chars(digits.begin(), digits.end(), index);
  const bool whole = problem == std::errc() && end == digits.end();
  return rest.front() == ':' && whole && index >= 0 ? std::optional(index) : std::nullopt;
}

Device usable_gpu(int index) {
  if (!cuda::available()) {
    throw UsageError("[device] " + cuda::why_not() + ", expected cpu or auto");
  }
  if (index >= cuda::device_count()) {
    throw UsageError("[device] there is no cuda:" + std::to_string(index) + ", expected cuda:0 … " +
                     "cuda:" + std::to_string(cuda::device_count() - 1));
  }
  return {.kind = Device::Kind::cuda, .index = index};
}

}  // namespace

Device::operator at::Device() const {
  return kind == Kind::cpu ? at::Device(at::kCPU)
                           : at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
}

std::string to_string(const Device& device) {
  return device.kind == Device::Kind::cpu ? "cpu"
                                          : std::string(kCuda) + ":" + std::to_string(device.index);
}

Device resolve_device(std::string_view request) {
  if (request == "cpu") return {};
  if (request == "auto") return cuda::available() ? usable_gpu(0) : Device{};
  if (const auto index = cuda_index(request)) return usable_gpu(*index);
  throw UsageError("[device] \"" + std::string(request) + "\" is not a device, expected auto" +
                   (cuda::available() ? ", cpu, cuda or cuda:N" : " or cpu"));
}

NamedTensors move_to(NamedTensors tensors, const Device& device) {
  const at::Device place = device;
  for (auto& [name, tensor] : tensors) {
    if (tensor.device() != place) tensor = tensor.to(place);
  }
  return tensors;
}

}  // namespace dbot::runtime
