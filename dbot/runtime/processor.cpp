#include "dbot/runtime/processor.h"

#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace dbot::runtime {

#if defined(__x86_64__)
namespace {

struct Leaf {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Leaf cpuid(unsigned leaf, unsigned subleaf) {
  Leaf result;
  __get_cpuid_count(leaf, subleaf, &result.eax, &result.ebx, &result.ecx, &result.edx);
  return result;
}

bool bit(unsigned word, int index) {
  return ((word >> index) & 1u) != 0;
}

/// XCR0: which register states the operating system saves. Only where CPUID says XGETBV exists.
std::uint64_t enabled_states() {
  std::uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

}  // namespace

ProcessorFeatures processor_features() {
  constexpr std::uint64_t kAvx = 0x6, kAvx512 = 0xe6, kTiles = 0x60000;
  const Leaf basic = cpuid(1, 0);
  if (!bit(basic.ecx, 27)) return {};
  const std::uint64_t states = enabled_states();
  const Leaf extended = cpuid(7, 0);
  ProcessorFeatures features;
  features.avx2 = (states & kAvx) == kAvx && bit(extended.ebx, 5);
  features.avx512 = (states & kAvx512) == kAvx512 && bit(extended.ebx, 16) &&
                    bit(extended.ebx, 17) && bit(extended.ebx, 30) && bit(extended.ebx, 31);
  features.avx512_bf16 = features.avx512 && extended.eax >= 1 && bit(cpuid(7, 1).eax, 5);
  features.amx_bf16 = (states & kTiles) == kTiles && bit(extended.edx, 24) && bit(extended.edx, 22);
  return features;
}

#else

ProcessorFeatures processor_features() {
  return {};
}

#endif

#if defined(__x86_64__) && defined(__linux__)

bool tiles_are_allowed() {
  // ARCH_REQ_XCOMP_PERM for the state of tile data: Linux, Documentation/arch/x86/xstate.rst.
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  static const bool allowed = syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
  return allowed;
}

#else

bool tiles_are_allowed() {
  return false;
}

#endif

}  // namespace dbot::runtime
