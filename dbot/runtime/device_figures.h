#pragma once

#include <cstdint>

#include "dbot/core/log.h"
#include "dbot/runtime/device.h"
#include "dbot/runtime/precision.h"

// What a device can do and holds, for the host and for GPUs alike.
namespace dbot::runtime {

/// Whether it multiplies bf16 matrices itself: the processor, or a GPU of compute capability 8.0 or
/// more.
bool has_fast_bf16(const Device& device);

/// The precision that a run uses there (`resolve_precision`). Throws UsageError for bf16 on a GPU
/// that does not multiply it.
Precision precision_on(PrecisionRequest request, const Device& device, const core::Log& log);

/// Multiply-adds × 2 per second of a large matrix product there, measured in about 0.2 s.
double measure_matmul_flops_on(bool bf16, const Device& device);

/// Waits until a GPU has done what it was told; others have.
void finish(const Device& device);

/// Bytes of a GPU that no process holds; 0 for others.
std::int64_t free_device_bytes(const Device& device);
/// Highest memory of a GPU that this process has held so far; 0 for others.
std::int64_t peak_device_bytes(const Device& device);

}  // namespace dbot::runtime
