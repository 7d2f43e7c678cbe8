#pragma once

#include <filesystem>

namespace dbot::runtime {

/// Processors this process may run on: affinity, limited by the quota of its control group. At
/// least 1.
int usable_cores();

/// Whether this process may run on fewer processors than the one that started it: then a launcher
/// bound it, and `usable_cores` are its own, not those of all that it started here.
bool is_bound_by_launcher();

/// Processors' worth of time that the control group files under `root` grant (version 2: cpu.max,
/// version 1: cpu/cpu.cfs_quota_us and cpu.cfs_period_us), rounded up; 0: no limit.
int quota_cores(const std::filesystem::path& root);

}  // namespace dbot::runtime
