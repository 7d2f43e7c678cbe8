#include "dbot/runtime/precision.h"

#include "dbot/core/error.h"
#include "dbot/runtime/processor.h"

namespace dbot::runtime {

PrecisionRequest parse_precision(std::string_view text) {
  if (text == "auto") return PrecisionRequest::automatic;
  if (text == "fp32") return PrecisionRequest::fp32;
  if (text == "bf16") return PrecisionRequest::bf16;
  throw UsageError("[precision] \"" + std::string(text) +
                   "\" is not a precision, expected auto, fp32 or bf16");
}

std::string_view name(Precision precision) {
  return precision == Precision::bf16 ? "bf16" : "fp32";
}

bool cpu_has_fast_bf16() {
  const ProcessorFeatures features = processor_features();
  return features.avx512_bf16 || features.amx_bf16;
}

Precision resolve_precision(PrecisionRequest request, const core::Log& log) {
  if (request == PrecisionRequest::fp32) return Precision::fp32;
  if (cpu_has_fast_bf16()) return Precision::bf16;
  if (request == PrecisionRequest::bf16) {
    log(core::LogLevel::warning,
        "[precision] bf16 was asked for, but this processor has neither AVX512-BF16 nor AMX-BF16 "
        "and would be about 100 times slower with it; using fp32");
  }
  return Precision::fp32;
}

}  // namespace dbot::runtime
