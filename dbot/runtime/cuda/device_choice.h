#pragma once

#include <string_view>

#include "dbot/core/log.h"
#include "dbot/runtime/device.h"

namespace dbot::runtime {

/// Throws UsageError unless it is "auto", "cpu", "cuda" or "cuda:N". Asks for no GPU.
void check_device(std::string_view request);

/// Of "cpu", "cuda:N", "cuda" (the first GPU that is new enough) and "auto" (the same, or the CPU
/// where no GPU can be used). All but "cpu" load CUDA, see load_cuda(). Throws UsageError for other
/// words, and where the GPU that was asked for cannot be used, with the way out. For "auto" the log
/// is warned if there is a GPU and it cannot be used: the CPU does not take over in silence.
Device choose_device(std::string_view request, const core::Log& log);

/// Of a device that a run was stored with: that one, or with a warning the CPU, where this process
/// cannot use it.
Device device_like(std::string_view stored, const core::Log& log);

}  // namespace dbot::runtime
