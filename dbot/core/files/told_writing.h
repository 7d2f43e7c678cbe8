#pragma once

#include <cstdint>
#include <functional>

#include "dbot/core/files/files.h"

namespace dbot::core {

/// Is told after each piece of a file how many bytes it had. What it throws ends the writing;
/// of an atomic one nothing is left then.
using OnWritten = std::function<void(std::uint64_t bytes)>;

/// `write` that tells `written`, where long content goes in pieces of 16 MiB. Without `written`:
/// `write` as it is. Both must outlive the result.
WriteBytes told_writing(const WriteBytes& write, const OnWritten& written);

}  // namespace dbot::core
