#include "dbot/runtime/usable_cores.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

namespace dbot::runtime {
namespace {

int cores_of(double quota, double period) {
  return quota > 0 && period > 0 ? static_cast<int>(std::ceil(quota / period)) : 0;
}

/// Of a process; 0: of this one.
std::optional<int> affinity_of(pid_t process) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(process, sizeof(set), &set) != 0) return std::nullopt;
  return CPU_COUNT(&set);
}

int affinity_cores() {
  return affinity_of(0).value_or(static_cast<int>(std::thread::hardware_concurrency()));
}

/// The number in a file of one number; 0 if there is none.
double number_in(const std::filesystem::path& path) {
  double number = 0;
  std::ifstream(path) >> number;
  return number;
}

}  // namespace

int quota_cores(const std::filesystem::path& root) {
  std::string quota;
  double period = 0;
  if (std::ifstream(root / "cpu.max") >> quota >> period) {
    return quota == "max" ? 0 : cores_of(std::strtod(quota.c_str(), nullptr), period);
  }
  const std::filesystem::path folder = root / "cpu";
  return cores_of(number_in(folder / "cpu.cfs_quota_us"), number_in(folder / "cpu.cfs_period_us"));
}

bool is_bound_by_launcher() {
  const auto own = affinity_of(0), parent = affinity_of(getppid());
  return own && parent && *own < *parent;
}

int usable_cores() {
  const int quota = quota_cores("/sys/fs/cgroup");
  const int allowed = affinity_cores();
  return std::max(1, quota > 0 ? std::min(quota, allowed) : allowed);
}

}  // namespace dbot::runtime
