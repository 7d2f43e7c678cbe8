#pragma once

#include <string>
#include <vector>

#include "dbot/runtime/cuda.h"

namespace dbot::runtime::cuda {

inline constexpr const char* kDriverLibrary = "libcuda.so.1";

/// What the driver says by itself, without any other library of CUDA.
struct Driver {
  int version = 0;  // the newest CUDA that it serves, 1000 · major + 10 · minor
  std::vector<Gpu> gpus;
};

/// Opens the driver's library, a name or a path, and begins with it. Throws Refused where there is
/// none, where it does not begin, and where it has no GPU.
Driver ask_driver(const std::string& library = kDriverLibrary);

/// Throws Refused if all are older than kLeastCapability.
void check_capability(const std::vector<Gpu>& gpus);

/// "13.0" of 13000.
std::string cuda_version_text(int version);

}  // namespace dbot::runtime::cuda
