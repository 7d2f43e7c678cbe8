#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dbot/runtime/cuda.h"
#include "dbot/runtime/cuda/driver.h"
#include "dbot/runtime/cuda/library.h"
#include "dbot/runtime/cuda/module/cuda_table.h"
#include "dbot/runtime/optional_module.h"

namespace dbot::runtime::cuda {

/// Where the parts of CUDA are looked for; tests name made-up ones.
struct Places {
  std::string driver = kDriverLibrary;
  std::vector<std::filesystem::path> library_folders = cuda::library_folders();
  std::vector<std::filesystem::path> module_folders = runtime::module_folders();
  LibTorchBuild libtorch = running_libtorch();
};

/// The opened module, which is never closed: kernels are registered with CUDA's runtime.
struct Loaded {
  Found found;
  const CudaTable* table = nullptr;        // null unless everything is loaded
  const OptionalModule* module = nullptr;  // likewise
};

/// The steps of load_cuda(), in its order. Throws nothing: an obstacle is in `found`.
Loaded load(const Places& places);

/// The module's file and package, for messages.
ModuleFile module_file();

}  // namespace dbot::runtime::cuda
