#include "dbot/runtime/cuda/load.h"

#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <iostream>
#include <map>

#include "dbot/runtime/device.h"
#include "tests/core/temporary_folder.h"
#include "tests/fake_cuda/fake_cuda.h"

// Made-up libraries stand in for the driver's, LibTorch's and the module. What loads LibTorch's for
// good runs in a process of its own.
namespace dbot::runtime::cuda {
namespace {

namespace fs = std::filesystem;

using testing::AllOf;
using testing::HasSubstr;

class CudaLoading : public testing::Test {
 protected:
  void SetUp() override {
    testing::GTEST_FLAG(death_test_style) = "threadsafe";
    const fs::path folder = test::fake_cuda_folder();
    places_.driver = (folder / "driver" / "libcuda.so.1").string();
    places_.module_folders = {folder / "module"};
    places_.library_folders = {fakes_.path() / "torch" / "lib"};
    test::make_fake_torch(fakes_.path() / "torch", places_.libtorch.version);
  }

  void TearDown() override {
    for (const auto& [name, value] : said_) ::unsetenv(name.c_str());
  }

  /// What the made-up libraries say from now on.
  void say(const std::string& name, const std::string& value) {
    said_[name] = value;
    ::setenv(name.c_str(), value.c_str(), 1);
  }

  void expect_obstacle(Obstacle obstacle, const std::vector<std::string>& words) {
    const Loaded loaded = load(places_);
    EXPECT_EQ(loaded.found.obstacle, obstacle);
    EXPECT_EQ(loaded.table, nullptr);
    const std::string text = to_text(loaded.found.why);
    for (const std::string& word : words) EXPECT_THAT(text, HasSubstr(word));
    EXPECT_FALSE(loaded.found.why.way_out.empty()) << text;
  }

  test::TemporaryFolder fakes_;
  Places places_;

 private:
  std::map<std::string, std::string> said_;
};

TEST_F(CudaLoading, NoDriver) {
  places_.driver = (fakes_.path() / "libcuda.so.1").string();
  expect_obstacle(Obstacle::no_driver, {"NVIDIA's driver is not there", "libcuda.so.1"});
}

TEST_F(CudaLoading, ALibraryThatIsNoDriver) {
  places_.driver = (test::fake_cuda_folder() / "module" / "libdbot_cuda.so").string();
  expect_obstacle(Obstacle::driver_fails, {"has no cuInit", "nvidia-smi"});
}

TEST_F(CudaLoading, ADriverThatDoesNotBegin) {
  say("FAKE_CUDA_INIT", "803");
  expect_obstacle(Obstacle::driver_fails,
                  {"cuInit gives error 803", "unsupported display driver", "restart the machine"});
}

TEST_F(CudaLoading, NoGpu) {
  say("FAKE_CUDA_GPUS", "");
  expect_obstacle(Obstacle::no_gpu, {"knows no GPU", "CUDA_VISIBLE_DEVICES"});
  say("FAKE_CUDA_INIT", "100");
  expect_obstacle(Obstacle::no_gpu, {"knows no GPU"});
}

TEST_F(CudaLoading, AllGpusAreTooOld) {
  say("FAKE_CUDA_GPUS", "75,70");
  expect_obstacle(
      Obstacle::old_gpu,
      {"Fake GPU 0 has 7.5, Fake GPU 1 has 7.0 as compute capability", "expected 8.0 or more"});
}

TEST_F(CudaLoading, NoLibrary) {
  places_.library_folders = {fakes_.path() / "none", fakes_.path() / "nor"};
  expect_obstacle(Obstacle::no_library,
                  {"libtorch_cuda.so is in none of", "/none, ", "/nor", "DBOT_LIBTORCH_CUDA",
                   "pip install torch==" + places_.libtorch.version});
}

TEST_F(CudaLoading, ALibraryOfAnotherVersion) {
  std::ofstream(fakes_.path() / "torch" / "version.py") << "__version__ = '2.9.1+cu128'\n";
  expect_obstacle(
      Obstacle::other_library,
      {"another version than this LibTorch, " + places_.libtorch.version, "is of LibTorch 2.9.1"});
}

TEST_F(CudaLoading, ALibraryOfAnotherBuild) {
  places_.libtorch.commit = "70d99e998b4955e0049d13a98d77ae1b14db1f45";
  std::ofstream(fakes_.path() / "torch" / "version.py", std::ios::app)
      << "git_version = '0123456789abcdef'\n";
  expect_obstacle(Obstacle::other_library, {"is of another build of LibTorch", "0123456789ab)"});
}

TEST_F(CudaLoading, ALibraryThatDoesNotSayItsVersion) {
  fs::remove(fakes_.path() / "torch" / "version.py");
  expect_obstacle(Obstacle::other_library, {"does not say of which version it is"});
}

TEST_F(CudaLoading, TheNextFolderMayHaveTheRightOne) {
  test::make_fake_torch(fakes_.path() / "old", "2.9.1");
  const fs::path right = places_.library_folders[0];
  const auto found = find_library({fakes_.path() / "old" / "lib", right}, places_.libtorch);
  EXPECT_EQ(found.file, fs::canonical(right / kLibraryFile));
  EXPECT_EQ(found.build.cuda, "13.0");
}

TEST_F(CudaLoading, ADriverThatIsTooOld) {
  say("FAKE_CUDA_VERSION", "12080");
  expect_obstacle(Obstacle::old_driver, {"serves CUDA 12.8, but LibTorch was built with CUDA 13.0",
                                         "driver for CUDA 13 or later"});
}

TEST_F(CudaLoading, NoModule) {
  places_.module_folders = {fakes_.path()};
  expect_obstacle(Obstacle::no_module, {"libdbot_cuda.so", "is in none of", "package dbot-cuda"});
}

TEST_F(CudaLoading, ALibraryThatTheSystemCannotLoad) {
  std::ofstream(fakes_.path() / "torch" / "lib" / kLibraryFile) << "no library";
  expect_obstacle(Obstacle::library_fails, {"cannot be loaded", "pip install torch"});
}

class CudaLoadingDeathTest : public CudaLoading {
 protected:
  /// Ends the process with what was found.
  [[noreturn]] void tell(const Loaded& loaded) {
    const Found& found = loaded.found;
    std::cerr << "obstacle " << static_cast<int>(found.obstacle) << ": " << to_text(found.why)
              << "; " << found.driver << "; " << found.library << "; " << found.built_for << "; "
              << ::getenv("CUBLAS_WORKSPACE_CONFIG");
    fs::remove_all(fakes_.path());
    std::_Exit(0);
  }
};

std::string obstacle(Obstacle obstacle) {
  return "obstacle " + std::to_string(static_cast<int>(obstacle)) + ": ";
}

testing::ExitedWithCode ends() {
  return testing::ExitedWithCode(0);
}

TEST_F(CudaLoadingDeathTest, EverythingIsThere) {
  EXPECT_EXIT(tell(load(places_)), ends(),
              AllOf(HasSubstr(obstacle(Obstacle::none)), HasSubstr("; 13.0; "),
                    HasSubstr("torch/lib/libtorch_cuda.so; CUDA 13.0, made up; :4096:8")));
}

TEST_F(CudaLoadingDeathTest, TheUsersWorkspaceIsKept) {
  say("CUBLAS_WORKSPACE_CONFIG", ":16:8");
  EXPECT_EXIT(tell(load(places_)), ends(),
              AllOf(HasSubstr(obstacle(Obstacle::none)), HasSubstr("; :16:8")));
}

TEST_F(CudaLoadingDeathTest, LibTorchWasAskedBefore) {
  const auto ask_and_load = [&] {
    if (at::hasCUDA()) std::_Exit(1);
    tell(load(places_));
  };
  EXPECT_EXIT(ask_and_load(), ends(),
              AllOf(HasSubstr(obstacle(Obstacle::too_late)),
                    HasSubstr("was asked for it, or made a backward pass, before"),
                    HasSubstr("load_cuda()")));
}

TEST_F(CudaLoadingDeathTest, ABackwardPassCameBefore) {
  say("DBOT_TEST_DEVICES", "cpu");  // of two accelerators LibTorch asks the other one alone
  const auto train_and_load = [&] {
    at::ones({2}).set_requires_grad(true).sum().backward();
    tell(load(places_));
  };
  EXPECT_EXIT(train_and_load(), ends(),
              AllOf(HasSubstr(obstacle(Obstacle::too_late)), HasSubstr("load_cuda()")));
}

TEST_F(CudaLoadingDeathTest, AModuleThatDoesNotFit) {
  const auto refused = [](const std::string& words) {
    return AllOf(HasSubstr(obstacle(Obstacle::other_module)), HasSubstr(words),
                 HasSubstr("install the package dbot-cuda"));
  };
  say("FAKE_CUDA_TABLE", "999");
  EXPECT_EXIT(tell(load(places_)), ends(), refused("is of version 999, expected 1"));
  say("FAKE_CUDA_TABLE", "1");
  say("FAKE_CUDA_LIBTORCH", "2.9.1");
  EXPECT_EXIT(tell(load(places_)), ends(), refused("was built for LibTorch 2.9.1, but this is"));
  say("FAKE_CUDA_LIBTORCH", places_.libtorch.version);
  say("FAKE_CUDA_TOOLKIT", "12080");
  EXPECT_EXIT(tell(load(places_)), ends(),
              refused("was built with CUDA 12.8, but LibTorch with CUDA 13.0"));
}

TEST_F(CudaLoadingDeathTest, AModuleThatIsNoLibrary) {
  std::ofstream(fakes_.path() / "libdbot_cuda.so") << "no library";
  places_.module_folders = {fakes_.path()};
  EXPECT_EXIT(tell(load(places_)), ends(),
              AllOf(HasSubstr(obstacle(Obstacle::module_fails)), HasSubstr("cannot be loaded")));
}

TEST_F(CudaLoadingDeathTest, TheBuiltModuleLoadsIntoTheRealLibraries) {
  const fs::path build = test::fake_cuda_folder().parent_path();
  if (!fs::exists(build / module_file().file)) GTEST_SKIP() << "the module is not built";
  places_.module_folders = {build};
  // With all of NVIDIA's libraries; those of benchmarks/peers are stand-ins.
  places_.library_folders = library_folders();
  try {
    find_library(places_.library_folders, places_.libtorch);
  } catch (const Error& missing) {
    GTEST_SKIP() << missing.what();
  }
  if (::dlopen(kDriverLibrary, RTLD_LAZY) != nullptr) GTEST_SKIP() << "there is a driver";
  // A driver for the program alone: the libraries load, and then find none.
  places_.driver = (test::fake_cuda_folder() / "unnamed" / "libdriver.so").string();
  EXPECT_EXIT(tell(load(places_)), ends(),
              AllOf(HasSubstr(obstacle(Obstacle::driver_fails)),
                    HasSubstr("LibTorch finds no NVIDIA driver with a GPU"),
                    HasSubstr("; CUDA 13.0, sm_80, sm_90a; ")));
}

}  // namespace
}  // namespace dbot::runtime::cuda
