#pragma once

#include <c10/core/Device.h>

#include <string>
#include <string_view>

#include "dbot/runtime/named_tensors.h"

namespace dbot::runtime {

/// Where tensors lie and operations run. A run has one; it is decided when the run begins.
struct Device {
  enum class Kind { cpu, cuda };

  Kind kind = Kind::cpu;
  int index = 0;  // among the GPUs; 0 for the CPU

  /// LibTorch's device, so that this can be given to `to` and to tensor options.
  operator at::Device() const;
  friend bool operator==(const Device&, const Device&) = default;
};

/// "cpu" or "cuda:0". `resolve_device` reads it.
std::string to_string(const Device& device);

/// Of "cpu"; or of "auto", "cuda" (the first GPU) and "cuda:N", which load CUDA. Throws UsageError
/// for other words, and for a GPU that this process cannot use (cuda/device_choice.h).
Device resolve_device(std::string_view request);

/// The tensors on the device. Those that lie there already are not copied.
NamedTensors move_to(NamedTensors tensors, const Device& device);

}  // namespace dbot::runtime
