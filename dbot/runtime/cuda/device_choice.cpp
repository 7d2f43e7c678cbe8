#include "dbot/runtime/cuda/device_choice.h"

#include <c10/core/DeviceType.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "dbot/core/error.h"
#include "dbot/runtime/cuda.h"

namespace dbot::runtime {
namespace {

constexpr std::string_view kCpu = "cpu", kCuda = "cuda", kAutomatic = "auto";

/// The number of "cuda:N"; empty for other words.
std::optional<int> cuda_index(std::string_view request) {
  constexpr std::string_view kStart = "cuda:";
  if (!request.starts_with(kStart)) return std::nullopt;
  const std::string_view digits = request.substr(kStart.size());
  int index = 0;
  const auto [end, problem] = std::from_chars(digits.begin(), digits.end(), index);
  const bool whole = problem == std::errc() && end == digits.end();
  return whole && index >= 0 ? std::optional(index) : std::nullopt;
}

/// The one that LibTorch was taught in this process, by its name there.
bool is_other_device(std::string_view request) {
  if (!c10::is_privateuse1_backend_registered()) return false;
  const std::string name = c10::get_privateuse1_backend();
  return request == name || request == name + ":0";
}

[[noreturn]] void refuse_word(std::string_view request) {
  throw UsageError({.operation = "device",
                    .subject = fmt::format("\"{}\"", request),
                    .fault = Fault::unsupported,
                    .reason = "is not a device, expected auto, cpu, cuda or cuda:N",
                    .way_out = ""});
}

[[noreturn]] void refuse(std::string_view request, Fault fault, const std::string& reason,
                         const std::string& way_out) {
  throw UsageError({.operation = "device",
                    .subject = std::string(request),
                    .fault = fault,
                    .reason = "cannot be used: " + reason,
                    .way_out = way_out + (way_out.empty() ? "" : ", or ") +
                               "compute on the CPU by train.device = \"cpu\""});
}

bool is_new_enough(const cuda::Gpu& gpu) {
  return gpu.capability >= cuda::kLeastCapability;
}

/// The first one that can be used; load_cuda() finds no CUDA where there is none.
Device first_gpu() {
  const auto& gpus = cuda::found().gpus;
  const auto first = std::ranges::find_if(gpus, is_new_enough);
  return {.kind = Device::Kind::cuda, .index = static_cast<int>(first - gpus.begin())};
}

Device asked_gpu(std::string_view request, std::optional<int> index) {
  const cuda::Found& found = load_cuda();
  if (!cuda::available()) {
    refuse(request, found.why.fault, found.why.subject + " " + found.why.reason, found.why.way_out);
  }
  if (!index) return first_gpu();
  const int last = cuda::device_count() - 1;
  if (*index > last) {
    refuse(request, Fault::missing,
           last == 0 ? std::string("there is one GPU, cuda:0")
                     : fmt::format("there are {} GPUs, cuda:0 to cuda:{}", last + 1, last),
           "");
  }
  const cuda::Gpu& gpu = found.gpus[static_cast<std::size_t>(*index)];
  if (!is_new_enough(gpu)) {
    refuse(request, Fault::unsupported,
           fmt::format("{} has compute capability {}, expected {} or more", gpu.name,
                       cuda::capability_text(gpu.capability),
                       cuda::capability_text(cuda::kLeastCapability)),
           "name a newer one of this machine");
  }
  return {.kind = Device::Kind::cuda, .index = *index};
}

Device best_device(const core::Log& log) {
  const cuda::Found& found = load_cuda();
  if (cuda::available()) return first_gpu();
  const auto obstacle = found.obstacle;
  if (obstacle != cuda::Obstacle::no_driver && obstacle != cuda::Obstacle::no_gpu) {
    log(core::LogLevel::warning,
        "[device] the CPU computes, though there is a GPU: " + to_text(found.why));
  }
  return {};
}

}  // namespace

void check_device(std::string_view request) {
  const bool is_word = request == kCpu || request == kAutomatic || request == kCuda;
  if (!is_word && !cuda_index(request) && !is_other_device(request)) refuse_word(request);
}

Device choose_device(std::string_view request, const core::Log& log) {
  check_device(request);
  if (request == kCpu) return {};
  if (request == kAutomatic) return best_device(log);
  if (is_other_device(request)) return {.kind = Device::Kind::other};
  return asked_gpu(request, cuda_index(request));
}

Device device_like(std::string_view stored, const core::Log& log) {
  try {
    return choose_device(stored, log);
  } catch (const UsageError& refusal) {
    log(core::LogLevel::warning, std::string("the CPU computes: ") + refusal.what());
    return {};
  }
}

Device resolve_device(std::string_view request) {
  return choose_device(request, core::silent_log());
}

}  // namespace dbot::runtime
