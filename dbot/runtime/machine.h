#pragma once

#include <cstdint>
#include <string>

namespace dbot::runtime {

/// Sets the compute threads of this process (0: one for each usable core), makes kernels choose
/// deterministically, and lets tensors reuse memory (tensor_memory.h). Returns the number of
/// threads. Call once, before the first tensor operation.
int configure_compute(int threads);

/// What this machine is, for `dbot doctor` and the head of a run.
struct Machine {
  std::string processor;        // "AMD EPYC", from /proc/cpuinfo
  std::string instruction_set;  // widest of "avx2", "avx512", "avx512-bf16", "amx-bf16"; "x86-64"
  int usable_cores = 0;         // after affinity and cgroup limits
  std::int64_t memory_bytes = 0;
  std::string libtorch_version;
};
Machine describe_machine();

/// Highest resident memory of this process so far, in bytes.
std::int64_t peak_memory_bytes();

/// Multiply-adds × 2 per second of a large matrix product on this machine, measured in about 0.2 s.
double measure_matmul_flops(bool bf16);

}  // namespace dbot::runtime
