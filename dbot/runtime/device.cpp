#include "dbot/runtime/device.h"

#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

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

/// The one that LibTorch was taught in this process, by its name there.
bool is_other_device(std::string_view request) {
  if (!c10::is_privateuse1_backend_registered()) return false;
  const std::string name = c10::get_privateuse1_backend();
  return request == name || request == name + ":0";
}

}  // namespace

Device::operator at::Device() const {
  if (is_cpu()) return at::Device(at::kCPU);
  return {kind == Kind::cuda ? at::kCUDA : at::kPrivateUse1, static_cast<at::DeviceIndex>(index)};
}

std::string to_string(const Device& device) {
  return device.is_cpu() ? "cpu" : at::Device(device).str();
}

Device resolve_device(std::string_view request) {
  if (request == "cpu") return {};
  if (is_other_device(request)) return {.kind = Device::Kind::other};
  if (request == "auto") return cuda::available() ? usable_gpu(0) : Device{};
  if (const auto index = cuda_index(request)) return usable_gpu(*index);
  throw UsageError("[device] \"" + std::string(request) + "\" is not a device, expected auto" +
                   (cuda::available() ? ", cpu, cuda or cuda:N" : " or cpu"));
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
