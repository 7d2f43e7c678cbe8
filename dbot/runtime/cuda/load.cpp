#include "dbot/runtime/cuda/load.h"

#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <stdlib.h>

#include <cstdio>
#include <optional>

#include "dbot/runtime/cuda/refused.h"

namespace dbot::runtime::cuda {
namespace {

namespace fs = std::filesystem;

/// cuBLAS computes the same bits each time in workspaces of fixed size alone: cuBLAS' manual,
/// "Results reproducibility". It reads the variable when it begins.
void fix_workspace() {
  ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
}

/// 13 of "13.0"; 0 where it is not known.
int major_of(const std::string& cuda) {
  int major = 0;
  return std::sscanf(cuda.c_str(), "%d", &major) == 1 ? major : 0;
}

/// A driver serves libraries of its own major version of CUDA and of older ones: NVIDIA's "CUDA
/// Compatibility", minor version compatibility.
void check_driver_age(const Driver& driver, const LibTorchBuild& library) {
  const int major = major_of(library.cuda);
  if (driver.version / 1000 >= major) return;
  throw Refused(Obstacle::old_driver,
                {.operation = "cuda",
                 .subject = "NVIDIA's driver",
                 .fault = Fault::unsupported,
                 .reason = fmt::format("serves CUDA {}, but LibTorch was built with CUDA {}",
                                       cuda_version_text(driver.version), library.cuda),
                 .way_out = fmt::format("install a driver for CUDA {} or later", major)});
}

void load_library(const fs::path& file) {
  if (::dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr) return;
  const char* reason = ::dlerror();
  throw Refused(
      Obstacle::library_fails,
      {.operation = "cuda",
       .subject = file.string(),
       .fault = Fault::unreadable,
       .reason = fmt::format("cannot be loaded: {}", reason == nullptr ? "no reason" : reason),
       .way_out = "install NVIDIA's libraries beside it (pip install torch brings them all)"});
}

/// Runs `act`; errors of modules become obstacles of CUDA.
template <typename Act>
auto of_module(Obstacle obstacle, const Act& act) try {
  return act();
} catch (const Refused&) {
  throw;
} catch (const Error& error) {
  throw Refused(obstacle, error.fields());
}

const CudaTable* table_of(const OptionalModule& module, const LibTorchBuild& libtorch) {
  using Factory = const CudaTable* (*)();
  const CudaTable* table = reinterpret_cast<Factory>(module.symbol(kCudaTableSymbol))();
  if (table->version != kCudaTableVersion) {
    module.refuse(fmt::format("is of version {}, expected {}", table->version, kCudaTableVersion));
  }
  if (table->libtorch != libtorch.version) {
    module.refuse(fmt::format("was built for LibTorch {}, but this is {}", table->libtorch,
                              libtorch.version));
  }
  // One process has one runtime of CUDA.
  const int cuda = major_of(libtorch.cuda);
  if (cuda != 0 && table->toolkit / 1000 != cuda) {
    module.refuse(fmt::format("was built with CUDA {}, but LibTorch with CUDA {}",
                              cuda_version_text(table->toolkit), libtorch.cuda));
  }
  return table;
}

/// LibTorch looks for CUDA once: when it is asked, and in the first backward pass.
void check_order() {
  const auto& hooks = at::detail::getCUDAHooks();
  if (!hooks.isBuilt()) {
    throw Refused(Obstacle::too_late,
                  {.operation = "cuda",
                   .subject = "LibTorch",
                   .fault = Fault::mismatch,
                   .reason = "has settled in this process that there is no CUDA: it was asked for "
                             "it, or made a backward pass, before its CUDA library was loaded",
                   .way_out = "call dbot::runtime::load_cuda() before any other use of LibTorch"});
  }
  if (hooks.deviceCount() > 0) return;
  throw Refused(Obstacle::driver_fails,
                {.operation = "cuda",
                 .subject = "LibTorch",
                 .fault = Fault::unreadable,
                 .reason = "finds no NVIDIA driver with a GPU, though there is one",
                 .way_out = "see that nvidia-smi works here, and that LD_LIBRARY_PATH leads to no "
                            "libcuda.so.1 but the driver's"});
}

void load_all(const Places& places, Loaded& loaded) {
  Found& found = loaded.found;
  const Driver driver = ask_driver(places.driver);
  found.driver = cuda_version_text(driver.version);
  found.gpus = driver.gpus;
  check_capability(driver.gpus);
  const LibraryPlace library = find_library(places.library_folders, places.libtorch);
  found.library = library.file.string();
  LibTorchBuild build = places.libtorch;
  if (!library.build.cuda.empty()) build.cuda = library.build.cuda;
  check_driver_age(driver, build);
  // Before the library, of which hundreds of megabytes would be loaded in vain.
  const fs::path file = of_module(
      Obstacle::no_module, [&] { return find_module(module_file(), places.module_folders); });
  found.module = file.string();
  fix_workspace();
  load_library(library.file);
  const auto* module = of_module(Obstacle::module_fails, [&] {
    return new OptionalModule(module_file(), {file.parent_path()});
  });
  const CudaTable* table =
      of_module(Obstacle::other_module, [&] { return table_of(*module, build); });
  found.built_for = table->built_for;
  check_order();
  loaded.module = module;
  loaded.table = table;
}

}  // namespace

ModuleFile module_file() {
  return {.file = "libdbot_cuda.so", .package = "dbot-cuda", .purpose = "computing on a GPU"};
}

Loaded load(const Places& places) {
  Loaded loaded;
  try {
    load_all(places, loaded);
    loaded.found.obstacle = Obstacle::none;
  } catch (const Refused& refused) {
    loaded.found.obstacle = refused.obstacle();
    loaded.found.why = refused.fields();
  }
  return loaded;
}

}  // namespace dbot::runtime::cuda
