#pragma once

#include <cstdint>

namespace dbot::tools {

/// Bytes that this process's open TCP connections have sent so far, or are about to, as the kernel
/// counts them: without the headers of TCP and IP, and each byte once however often it was sent. 0
/// where the kernel does not tell.
std::int64_t socket_bytes_sent();

}  // namespace dbot::tools
