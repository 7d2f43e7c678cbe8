#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace dbot::runtime::cuda {

inline constexpr const char* kLibraryFile = "libtorch_cuda.so";

/// Which LibTorch something is of; parts that are not known are empty.
struct LibTorchBuild {
  std::string version;  // "2.11.0", without "+cu130"
  std::string commit;   // of PyTorch's repository
  std::string cuda;     // that it was built with: "13.0"
};

/// Of the libtorch_cpu that this process runs. Does not ask LibTorch's hooks.
LibTorchBuild running_libtorch();

/// Where that libtorch_cpu lies. Empty if the system does not say.
std::filesystem::path running_libtorch_folder();

/// Of the libraries in this folder, by the files that wheels and archives keep beside it:
/// ../version.py, ../build-version or ../include/torch/headeronly/version.h.
LibTorchBuild libtorch_build_in(const std::filesystem::path& folder);

/// The folders in which libtorch_cuda.so is looked for: that of the running libtorch_cpu, then what
/// DBOT_LIBTORCH_CUDA means: the folder itself, a wheel's torch/ folder, or an environment.
std::vector<std::filesystem::path> library_folders();

struct LibraryPlace {
  std::filesystem::path file;
  LibTorchBuild build;
};

/// The first libtorch_cuda.so that is of the wanted build. Throws Refused if there is none, or none
/// of that build. One that lies beside the running libtorch_cpu may say nothing of its version.
LibraryPlace find_library(const std::vector<std::filesystem::path>& folders,
                          const LibTorchBuild& wanted);

}  // namespace dbot::runtime::cuda
