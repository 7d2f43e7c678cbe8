#pragma once

#include <cstdint>
#include <filesystem>

namespace dbot::runtime {

/// What the system leaves this process, beside cores (usable_cores.h). Bytes; negative: not known.
struct SystemLimits {
  std::int64_t memory_total = -1;
  std::int64_t memory_available = -1;
  std::int64_t swap_free = -1;
  std::int64_t group_memory = -1;        // limit of the control group
  std::int64_t shared_memory_free = -1;  // in /dev/shm
  std::int64_t open_files = -1;          // number of descriptors
  int machine_cores = 0;                 // of the whole machine
};
SystemLimits system_limits();

/// The memory limit in the control group files under `root` (version 2: memory.max, version 1:
/// memory/memory.limit_in_bytes); −1: none.
std::int64_t group_memory_limit(const std::filesystem::path& root);

}  // namespace dbot::runtime
