#pragma once

#include <filesystem>
#include <fstream>
#include <string>

// Made-up libraries of the names of CUDA's, in the build's folder fake_cuda/: driver/libcuda.so.1,
// unnamed/libdriver.so (the same, which CUDA's runtime does not find by its name),
// library/libtorch_cuda.so, and module/libdbot_cuda.so. They compute nothing. What they say follows
// the environment:
//   FAKE_CUDA_INIT        the CUresult of cuInit (default 0)
//   FAKE_CUDA_VERSION     newest CUDA that the driver serves (13000)
//   FAKE_CUDA_GPUS        capabilities of the GPUs: "90", "75,80"; empty: no GPU ("90")
//   FAKE_CUDA_TABLE       version of the module's table (that of the source)
//   FAKE_CUDA_LIBTORCH    version of LibTorch that the module was built for (the one here)
//   FAKE_CUDA_TOOLKIT     its toolkit (13000)
namespace dbot::test {

inline std::filesystem::path fake_cuda_folder() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "fake_cuda";
}

/// A wheel's torch/ folder with that library, which says that it is of this version.
inline void make_fake_torch(const std::filesystem::path& folder, const std::string& version) {
  std::filesystem::create_directories(folder / "lib");
  std::filesystem::copy_file(fake_cuda_folder() / "library" / "libtorch_cuda.so",
                             folder / "lib" / "libtorch_cuda.so");
  std::ofstream(folder / "version.py") << "__version__ = '" << version << "+cu130'\n"
                                       << "cuda: Optional[str] = '13.0'\n";
}

}  // namespace dbot::test
