#include "dbot/runtime/machine.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <fstream>

#include "dbot/core/clock.h"
#include "dbot/core/error.h"
#include "dbot/runtime/processor.h"
#include "dbot/runtime/tensor_memory.h"
#include "dbot/runtime/usable_cores.h"

namespace dbot::runtime {
namespace {

/// The first "key : value" of /proc/cpuinfo with that key.
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "unknown";
}

std::string instruction_set() {
  const ProcessorFeatures features = processor_features();
  if (features.amx_bf16) return "amx-bf16";
  if (features.avx512_bf16) return "avx512-bf16";
  if (features.avx512) return "avx512";
  return features.avx2 ? "avx2" : "x86-64";
}

}  // namespace

int configure_compute(int threads) {
  if (threads < 0) {
    throw UsageError("[threads] " + std::to_string(threads) +
                     " threads were asked for, expected 1 or more, or 0 for all cores");
  }
  const int count = threads == 0 ? usable_cores() : threads;
  at::set_num_threads(count);
#ifndef __SANITIZE_ADDRESS__  // the sanitizer must see where each tensor ends
  reuse_tensor_memory();
#endif
  // Kernels with a choice take the deterministic one; those without are only warned about, since
  // none of the operations used here is among them on a CPU.
  at::globalContext().setDeterministicAlgorithms(/*enabled=*/true, /*warn_only=*/true);
  // That mode also fills fresh memory, which costs a pass over every new tensor.
  at::globalContext().setDeterministicFillUninitializedMemory(false);
  return count;
}

Machine describe_machine() {
  Machine machine;
  machine.processor = processor_name();
  machine.instruction_set = instruction_set();
  machine.usable_cores = usable_cores();
  struct sysinfo info {};
  if (sysinfo(&info) == 0) {
    machine.memory_bytes =
        static_cast<std::int64_t>(info.totalram) * static_cast<std::int64_t>(info.mem_unit);
  }
  machine.libtorch_version = TORCH_VERSION;
  return machine;
}

std::int64_t peak_memory_bytes() {
  // Of this program alone: what getrusage says survives exec, so that a large parent's memory would
  // count.
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    std::int64_t kilobytes = 0;
    if (std::sscanf(line.c_str(), "VmHWM: %" SCNd64, &kilobytes) == 1) return kilobytes * 1024;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

double measure_matmul_flops(bool bf16) {
  using core::Clock;
  constexpr std::int64_t kSide = 1024;
  const c10::NoGradGuard no_graph;
  const at::Tensor matrix = at::zeros({kSide, kSide}, bf16 ? at::kBFloat16 : at::kFloat);
  at::mm(matrix, matrix);
  double best = 1e9;
  const auto until = Clock::now() + std::chrono::milliseconds(200);
  do {
    const core::Stopwatch clock;
    at::mm(matrix, matrix);
    best = std::min(best, clock.seconds());
  } while (Clock::now() < until);
  return 2.0 * kSide * kSide * kSide / best;
}

}  // namespace dbot::runtime
