#pragma once

#include <c10/core/ScalarType.h>

#include <string>
#include <string_view>

#include "dbot/core/log.h"

namespace dbot::runtime {

enum class Precision { fp32, bf16 };
enum class PrecisionRequest { automatic, fp32, bf16 };

/// "auto", "fp32" or "bf16"; throws UsageError otherwise.
PrecisionRequest parse_precision(std::string_view text);
std::string_view name(Precision precision);

/// True if the processor multiplies bf16 matrices itself (AMX-BF16 or AVX512-BF16, by CPUID).
bool cpu_has_fast_bf16();

/// The precision a run uses: asked for or best for this processor. bf16 without hardware for it is
/// 100 times slower than fp32, so it becomes fp32 with a notice.
Precision resolve_precision(PrecisionRequest request, const core::Log& log);

/// The element type of matrix products.
inline at::ScalarType compute_type(Precision precision) {
  return precision == Precision::bf16 ? at::kBFloat16 : at::kFloat;
}

}  // namespace dbot::runtime
