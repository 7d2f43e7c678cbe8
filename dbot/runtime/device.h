#pragma once

#include <c10/core/Device.h>

#include <string>
#include <string_view>

#include "dbot/runtime/named_tensors.h"

namespace dbot::runtime {

/// Where tensors lie and operations run. A run has one; it is decided when the run begins.
struct Device {
  /// other: one that LibTorch was taught from outside (PrivateUse1), as tests do.
  enum class Kind { cpu, cuda, other };

  Kind kind = Kind::cpu;
  int index = 0;  // among those of a kind; 0 for the CPU

  bool is_cpu() const { return kind == Kind::cpu; }
  /// LibTorch's device, so that this can be given to `to` and to tensor options.
  operator at::Device() const;
  friend bool operator==(const Device&, const Device&) = default;
};

/// "cpu" or "cuda:0". `resolve_device` reads it.
std::string to_string(const Device& device);

/// Of "cpu"; or of "auto", "cuda" (the first GPU) and "cuda:N", which load CUDA. Throws UsageError
/// for other words, and for a GPU that this process cannot use (cuda/device_choice.h).
Device resolve_device(std::string_view request);

/// The tensors on the device. Those that lie there already are not copied. Going to a device they
/// do not wait for what it is doing.
NamedTensors move_to(NamedTensors tensors, const Device& device);

/// The tensors on the host. Those that share memory on a device are copied in one piece; those that
/// lie on the host are not copied.
NamedTensors on_host(NamedTensors tensors);

}  // namespace dbot::runtime
