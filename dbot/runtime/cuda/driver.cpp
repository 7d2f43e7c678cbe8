#include "dbot/runtime/cuda/driver.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "dbot/runtime/cuda/refused.h"

namespace dbot::runtime::cuda {
namespace {

// Of NVIDIA's driver API, "CUDA Driver API", modules Error Handling and Device Management.
constexpr int kSuccess = 0, kNoDevice = 100;
constexpr int kCapabilityMajor = 75, kCapabilityMinor = 76;

[[noreturn]] void refuse(Obstacle obstacle, Fault fault, std::string reason, std::string way_out) {
  throw Refused(obstacle, {.operation = "cuda",
                           .subject = "NVIDIA's driver",
                           .fault = fault,
                           .reason = std::move(reason),
                           .way_out = std::move(way_out)});
}

[[noreturn]] void refuse_failing(const std::string& reason) {
  refuse(Obstacle::driver_fails, Fault::unreadable, reason,
         "see that nvidia-smi works here; after an update of the driver, restart the machine");
}

/// The functions of an opened driver. It stays open: it cannot be unloaded once it has begun.
class Functions {
 public:
  explicit Functions(const std::string& library)
      : library_(::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (library_ != nullptr) return;
    const char* reason = ::dlerror();
    refuse(Obstacle::no_driver, Fault::missing,
           fmt::format("is not there ({})", reason == nullptr ? library : reason),
           "install it, or, in a container, start that with access to the GPUs");
  }

  /// Calls a function that returns a CUresult; throws unless it succeeds.
  template <typename... Arguments>
  void call(const char* name, Arguments... arguments) const {
    const int result = result_of(name, arguments...);
    if (result == kSuccess) return;
    refuse_failing(fmt::format("fails: {} gives error {} ({})", name, result, text_of(result)));
  }

  template <typename... Arguments>
  int result_of(const char* name, Arguments... arguments) const {
    using Function = int (*)(Arguments...);
    void* found = ::dlsym(library_, name);
    if (found == nullptr) refuse_failing(fmt::format("has no {}", name));
    return reinterpret_cast<Function>(found)(arguments...);
  }

 private:
  std::string text_of(int result) const {
    const char* text = nullptr;
    using Function = int (*)(int, const char**);
    void* found = ::dlsym(library_, "cuGetErrorString");
    if (found == nullptr || reinterpret_cast<Function>(found)(result, &text) != kSuccess ||
        text == nullptr) {
      return "of no name";
    }
    return text;
  }

  void* library_;
};

Gpu describe(const Functions& driver, int index) {
  int device = 0, major = 0, minor = 0;
  std::size_t bytes = 0;
  std::array<char, 256> name{};
  driver.call("cuDeviceGet", &device, index);
  driver.call("cuDeviceGetName", name.data(), static_cast<int>(name.size() - 1), device);
  driver.call("cuDeviceGetAttribute", &major, kCapabilityMajor, device);
  driver.call("cuDeviceGetAttribute", &minor, kCapabilityMinor, device);
  driver.call("cuDeviceTotalMem_v2", &bytes, device);
  return {.name = name.data(),
          .capability = 10 * major + minor,
          .memory_bytes = static_cast<std::int64_t>(bytes)};
}

[[noreturn]] void refuse_without_gpu() {
  refuse(Obstacle::no_gpu, Fault::missing, "knows no GPU",
         "see what nvidia-smi lists, and whether CUDA_VISIBLE_DEVICES hides it");
}

}  // namespace

Driver ask_driver(const std::string& library) {
  const Functions driver(library);
  if (const int result = driver.result_of("cuInit", 0U); result == kNoDevice) {
    refuse_without_gpu();
  } else if (result != kSuccess) {
    driver.call("cuInit", 0U);
  }
  Driver found;
  int count = 0;
  driver.call("cuDriverGetVersion", &found.version);
  driver.call("cuDeviceGetCount", &count);
  if (count == 0) refuse_without_gpu();
  found.gpus.reserve(static_cast<std::size_t>(count));
  for (int index = 0; index < count; ++index) found.gpus.push_back(describe(driver, index));
  return found;
}

void check_capability(const std::vector<Gpu>& gpus) {
  const auto is_new = [](const Gpu& gpu) { return gpu.capability >= kLeastCapability; };
  if (std::ranges::any_of(gpus, is_new)) return;
  std::vector<std::string> names;
  names.reserve(gpus.size());
  for (const Gpu& gpu : gpus)
    names.push_back(fmt::format("{} has {}", gpu.name, capability_text(gpu.capability)));
  throw Refused(Obstacle::old_gpu,
                {.operation = "cuda",
                 .subject = fmt::format("{}", fmt::join(names, ", ")),
                 .fault = Fault::unsupported,
                 .reason = fmt::format("as compute capability, expected {} or more",
                                       capability_text(kLeastCapability)),
                 .way_out = "use a GPU of NVIDIA's Ampere generation or a later one"});
}

std::string cuda_version_text(int version) {
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

}  // namespace dbot::runtime::cuda
