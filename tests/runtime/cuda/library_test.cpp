#include "dbot/runtime/cuda/library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <torch/headeronly/version.h>

#include <fstream>

#include "tests/core/temporary_folder.h"

namespace dbot::runtime::cuda {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

TEST(CudaLibrary, TheRunningLibTorchSaysWhatItIs) {
  const LibTorchBuild build = running_libtorch();
  EXPECT_EQ(build.version, TORCH_VERSION);
  EXPECT_TRUE(fs::exists(running_libtorch_folder() / "libtorch_cpu.so"));
}

TEST(CudaLibrary, AWheelSaysItsBuild) {
  const test::TemporaryFolder folder;
  write(folder / "version.py",
        "from typing import Optional\n"
        "__all__ = ['__version__', 'debug', 'cuda']\n"
        "__version__ = '2.11.0+cu130'\n"
        "cuda: Optional[str] = '13.0'\n"
        "git_version = '70d99e99'\n"
        "hip: Optional[str] = None\n");
  const LibTorchBuild build = libtorch_build_in(folder / "lib");
  EXPECT_EQ(build.version, "2.11.0");
  EXPECT_EQ(build.cuda, "13.0");
  EXPECT_EQ(build.commit, "70d99e99");
}

TEST(CudaLibrary, AWheelForTheProcessorNamesNoCuda) {
  const test::TemporaryFolder folder;
  write(folder / "version.py", "__version__ = '2.11.0+cpu'\ncuda: Optional[str] = None\n");
  EXPECT_EQ(libtorch_build_in(folder / "lib").version, "2.11.0");
  EXPECT_EQ(libtorch_build_in(folder / "lib").cuda, "");
}

TEST(CudaLibrary, AnArchiveSaysItsVersion) {
  const test::TemporaryFolder folder;
  write(folder / "build-version", "2.12.1+cu130\n");
  EXPECT_EQ(libtorch_build_in(folder / "lib").version, "2.12.1");
}

TEST(CudaLibrary, HeadersSayTheVersion) {
  const test::TemporaryFolder folder;
  write(folder.path() / "include" / "torch" / "headeronly" / "version.h",
        "#define TORCH_VERSION_MAJOR 2\n\n#define TORCH_VERSION \\\n  \"2.11.3\"\n");
  EXPECT_EQ(libtorch_build_in(folder / "lib").version, "2.11.3");
}

TEST(CudaLibrary, ManglesNothingOutOfFilesThatSayNothing) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(libtorch_build_in(folder / "lib").version, "");
  write(folder / "version.py", "__version__ = \ncuda: '\n'");
  EXPECT_EQ(libtorch_build_in(folder / "lib").version, "");
  EXPECT_EQ(libtorch_build_in(folder / "lib").cuda, "");
}

TEST(CudaLibrary, IsLookedForBesideLibTorchAndWhereTheUserSays) {
  const test::TemporaryFolder environment;
  const fs::path torch =
      environment.path() / "lib" / "python3.12" / "site-packages" / "torch" / "lib";
  fs::create_directories(torch);
  ::unsetenv("DBOT_LIBTORCH_CUDA");
  EXPECT_THAT(library_folders(), testing::ElementsAre(running_libtorch_folder()));
  ::setenv("DBOT_LIBTORCH_CUDA", environment.path().c_str(), 1);
  EXPECT_THAT(library_folders(), testing::ElementsAre(running_libtorch_folder(), environment.path(),
                                                      environment.path() / "lib", torch));
  ::unsetenv("DBOT_LIBTORCH_CUDA");
}

}  // namespace
}  // namespace dbot::runtime::cuda
