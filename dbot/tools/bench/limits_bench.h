#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dbot/runtime/precision.h"

// What this machine can do at best: the yardstick for what operations and training steps reach.
namespace dbot::tools {

/// Multiply-adds × 2 per second of one large matrix product.
struct ProductLimit {
  runtime::Precision precision = runtime::Precision::fp32;
  std::string kernels;  // "reference" (LibTorch), "avx2", …: what ops::linear ran with
  int threads = 1;
  double flops_per_second = 0;
};

/// Bytes read and written per second, of arrays that no cache holds.
struct MemoryLimit {
  std::string kind;  // "copy": a = b; "triad": a = b + s·c
  int threads = 1;
  double bytes_per_second = 0;
};

struct MachineLimits {
  std::int64_t rows = 0, inputs = 0, outputs = 0;  // of the product
  std::vector<ProductLimit> products;
  std::vector<MemoryLimit> memory;
};

/// Measures for a few seconds, with 1 thread and with `threads`; each figure is the best of several
/// rounds in which all are taken in turn. bf16 is left out where the processor does not multiply
/// it. Threads and kernels are afterwards as before. Needs 400 MB of memory.
MachineLimits measure_limits(int threads);

}  // namespace dbot::tools
