#pragma once

#include <exception>
#include <optional>

#include "dbot/core/error.h"

namespace dbot::runtime::cuda {

/// What to tell of an exception that LibTorch threw since a GPU has no memory left, or has failed
/// itself (NVIDIA's "Xid"). Nothing for other exceptions. After a failure every use of the GPU by
/// this process fails; a new process can use it if the driver has it still.
std::optional<ErrorFields> failure_of(const std::exception& exception);

}  // namespace dbot::runtime::cuda
