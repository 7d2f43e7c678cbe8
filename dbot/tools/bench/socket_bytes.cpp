#include "dbot/tools/bench/socket_bytes.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace dbot::tools {

std::int64_t socket_bytes_sent() {
  std::int64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const int descriptor = std::atoi(entry.path().filename().c_str());
    tcp_info info{};
    socklen_t size = sizeof(info);
    // Anything but a TCP socket refuses. Older kernels know a shorter structure.
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) continue;
    if (size < offsetof(tcp_info, tcpi_bytes_sent) + sizeof(info.tcpi_bytes_sent)) continue;
    bytes += static_cast<std::int64_t>(info.tcpi_bytes_sent - info.tcpi_bytes_retrans) +
             info.tcpi_notsent_bytes;
  }
  return bytes;
}

}  // namespace dbot::tools
