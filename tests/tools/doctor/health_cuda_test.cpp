#include <gmock/gmock.h>

#include <fstream>

#include "dbot/tools/doctor/health.h"
#include "tests/core/temporary_folder.h"

namespace dbot::tools {
namespace {

using runtime::cuda::Found;
using runtime::cuda::Obstacle;
using runtime::cuda::Places;
using testing::AllOf;
using testing::HasSubstr;

class CudaHealth : public testing::Test {
 protected:
  /// Libraries of this version; no file of them is loaded.
  void install(const std::string& version) {
    std::filesystem::create_directories(folder_ / "lib");
    std::ofstream(folder_.path() / "lib" / "libtorch_cuda.so");
    std::ofstream(folder_ / "libdbot_cuda.so");
    std::ofstream(folder_ / "version.py") << "__version__ = '" << version << "'\n"
                                          << "cuda: Optional[str] = '13.0'\n";
  }

  Places places() const {
    return {.driver = "none",
            .library_folders = {folder_ / "lib"},
            .module_folders = {folder_.path()},
            .libtorch = {.version = "2.11.0", .commit = "", .cuda = "13.0"}};
  }

  static Found with_gpu(Obstacle obstacle) {
    return {.obstacle = obstacle,
            .why = {.operation = "cuda",
                    .subject = "this",
                    .fault = Fault::missing,
                    .reason = "is missing",
                    .way_out = "go there"},
            .driver = "13.0",
            .gpus = {{.name = "H200", .capability = 90, .memory_bytes = 150'000'000'000}},
            .library = "",
            .module = "",
            .built_for = obstacle == Obstacle::none ? "CUDA 13.0, sm_80" : ""};
  }

  const Check& of(const std::vector<Check>& checks, const std::string& subject) {
    for (const Check& check : checks) {
      if (check.subject == subject) return check;
    }
    ADD_FAILURE() << "no check of " << subject;
    return checks.front();
  }

  test::TemporaryFolder folder_;
};

TEST_F(CudaHealth, NamesFoldersAndVersions) {
  install("2.11.0+cu130");
  const auto checks = check_cuda(with_gpu(Obstacle::none), places());
  for (const Check& check : checks) EXPECT_EQ(check.status, Status::ok) << check.subject;
  EXPECT_EQ(of(checks, "NVIDIA driver").finding, "serves CUDA 13.0");
  EXPECT_THAT(of(checks, "GPU").finding, HasSubstr("cuda:0 H200, 150 GB, compute capability 9.0"));
  EXPECT_THAT(of(checks, "CUDA library").finding,
              AllOf(HasSubstr("lib/libtorch_cuda.so"), HasSubstr("LibTorch 2.11.0, CUDA 13.0")));
  EXPECT_THAT(of(checks, "CUDA module").finding, HasSubstr("libdbot_cuda.so, CUDA 13.0, sm_80"));
}

TEST_F(CudaHealth, WhatIsMissingIsNoFaultWithoutAGpu) {
  Found found;
  found.obstacle = Obstacle::no_driver;
  found.why = {.operation = "cuda",
               .subject = "NVIDIA's driver",
               .fault = Fault::missing,
               .reason = "is not there",
               .way_out = "install it"};
  const auto checks = check_cuda(found, places());
  ASSERT_EQ(checks.size(), 4U);
  for (const Check& check : checks) {
    EXPECT_EQ(check.status, Status::ok) << check.subject;
    EXPECT_EQ(check.way_out, "") << check.subject;
  }
  EXPECT_THAT(of(checks, "NVIDIA driver").finding, HasSubstr("the CPU computes"));
  EXPECT_EQ(of(checks, "GPU").finding, "none");
  EXPECT_THAT(of(checks, "CUDA library").finding,
              AllOf(HasSubstr("is in none of"), HasSubstr("without a GPU it is not needed")));
}

TEST_F(CudaHealth, WhatAGpuWaitsForIsWarnedOf) {
  const auto checks = check_cuda(with_gpu(Obstacle::no_library), places());
  EXPECT_EQ(of(checks, "GPU").status, Status::ok);
  EXPECT_EQ(of(checks, "CUDA library").status, Status::warning);
  EXPECT_THAT(of(checks, "CUDA library").way_out, HasSubstr("DBOT_LIBTORCH_CUDA"));
  EXPECT_EQ(of(checks, "CUDA module").status, Status::warning);
  EXPECT_THAT(of(checks, "CUDA module").way_out, HasSubstr("dbot-cuda"));
}

TEST_F(CudaHealth, ALibraryOfAnotherVersionIsNamed) {
  install("2.9.1+cu128");
  const auto checks = check_cuda(with_gpu(Obstacle::other_library), places());
  EXPECT_EQ(of(checks, "CUDA library").status, Status::warning);
  EXPECT_THAT(of(checks, "CUDA library").finding, HasSubstr("is of LibTorch 2.9.1"));
}

TEST_F(CudaHealth, OldGpusAreShown) {
  const auto checks = check_cuda(with_gpu(Obstacle::old_gpu), places());
  EXPECT_EQ(of(checks, "GPU").status, Status::warning);
  EXPECT_THAT(of(checks, "GPU").finding, AllOf(HasSubstr("H200"), HasSubstr("too old")));
  EXPECT_EQ(of(checks, "CUDA module").status, Status::ok);
}

TEST_F(CudaHealth, FailuresOfLoadingHaveARowOfTheirOwn) {
  install("2.11.0+cu130");
  for (const Obstacle obstacle :
       {Obstacle::old_driver, Obstacle::library_fails, Obstacle::module_fails,
        Obstacle::other_module, Obstacle::too_late, Obstacle::driver_fails}) {
    const auto checks = check_cuda(with_gpu(obstacle), places());
    EXPECT_EQ(of(checks, "CUDA").status, Status::warning);
    EXPECT_EQ(of(checks, "CUDA").finding, "this is missing");
    EXPECT_EQ(of(checks, "CUDA").way_out, "go there");
  }
}

}  // namespace
}  // namespace dbot::tools
