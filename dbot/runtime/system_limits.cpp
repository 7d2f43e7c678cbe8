#include "dbot/runtime/system_limits.h"

#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>

namespace dbot::runtime {
namespace {

// Version 1 writes "no limit" as a number near the largest one.
constexpr std::int64_t kNoLimit = std::int64_t{1} << 60;

void read_memory(SystemLimits& limits) {
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  for (std::int64_t kilobytes = 0; file >> key >> kilobytes;) {
    std::getline(file, unit);
    if (key == "MemTotal:") limits.memory_total = 1024 * kilobytes;
    if (key == "MemAvailable:") limits.memory_available = 1024 * kilobytes;
    if (key == "SwapFree:") limits.swap_free = 1024 * kilobytes;
  }
}

}  // namespace

std::int64_t group_memory_limit(const std::filesystem::path& root) {
  for (const char* name : {"memory.max", "memory/memory.limit_in_bytes"}) {
    std::string text;
    if (!(std::ifstream(root / name) >> text)) continue;
    const long long bytes = std::strtoll(text.c_str(), nullptr, 10);  // "max" is 0
    return bytes > 0 && bytes < kNoLimit ? bytes : -1;
  }
  return -1;
}

SystemLimits system_limits() {
  SystemLimits limits;
  read_memory(limits);
  limits.group_memory = group_memory_limit("/sys/fs/cgroup");
  std::error_code error;
  const auto shared = std::filesystem::space("/dev/shm", error);
  if (!error) limits.shared_memory_free = static_cast<std::int64_t>(shared.available);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    limits.open_files = static_cast<std::int64_t>(files.rlim_cur);
  }
  limits.machine_cores = static_cast<int>(std::thread::hardware_concurrency());
  return limits;
}

}  // namespace dbot::runtime
