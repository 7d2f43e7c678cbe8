#pragma once

namespace dbot::runtime {

/// What the processor has and the operating system lets programs use.
struct ProcessorFeatures {
  bool avx2 = false;
  bool avx512 = false;  // F, BW, DQ and VL
  bool avx512_bf16 = false;
  bool amx_bf16 = false;
};

/// By CPUID and XCR0; all false on processors other than x86-64.
ProcessorFeatures processor_features();

/// Asks the system for the tile registers of AMX, which it gives to a process on request alone;
/// false where it refuses. The answer is kept.
bool tiles_are_allowed();

}  // namespace dbot::runtime
