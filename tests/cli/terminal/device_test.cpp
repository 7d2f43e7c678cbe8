#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/environment.h"
#include "tests/cli/support/program.h"
#include "tests/cli/support/tiny_run.h"
#include "tests/fake_cuda/fake_cuda.h"

// `--device` and `dbot doctor` with made-up libraries in place of the driver's and LibTorch's.
namespace dbot::cli_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::json;

std::string fake(const std::string& folder) {
  return (test::fake_cuda_folder() / folder).string();
}

/// A machine whose driver knows GPUs of these capabilities; `torch` has LibTorch's CUDA library.
Environment machine(const std::string& capabilities, const std::string& torch = "/none",
                    const std::string& modules = "/none") {
  return Environment{{"LD_LIBRARY_PATH", fake("driver")},
                     {"FAKE_CUDA_GPUS", capabilities},
                     {"DBOT_LIBTORCH_CUDA", torch},
                     {"DBOT_MODULES", modules}};
}

Json doctor() {
  const Result result = dbot({"doctor", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return Json::parse(result.out);
}

class CudaOfTheUser {
 public:
  CudaOfTheUser() : version_(doctor()["LibTorch"].get<std::string>()) {
    test::make_fake_torch(torch(), version_);
  }
  std::string torch() const { return folder_ / "torch"; }

 private:
  TemporaryFolder folder_;
  std::string version_;
};

void expect_refused(const Workshop& shop, const std::vector<std::string>& device,
                    const std::vector<std::string>& words) {
  const Result result = shop.pretrain("run", device);
  EXPECT_EQ(result.exit_code, 2) << result.err;
  for (const std::string& word : words) EXPECT_THAT(result.err, HasSubstr(word));
  EXPECT_FALSE(std::filesystem::exists(shop.folder / "run"));
}

TEST(Devices, OtherWordsAreRefused) {
  const Workshop shop;
  for (const char* word : {"gpu", "cuda:", "cuda:x", "cuda:-1"}) {
    expect_refused(shop, {"--device", word}, {word, "expected auto, cpu, cuda or cuda:N"});
  }
  EXPECT_THAT(dbot({"pretrain", "--help"}).out, HasSubstr("auto|cpu|cuda|cuda:N"));
}

TEST(Devices, AMachineWithoutAGpuSaysSo) {
  const Workshop shop;
  const Environment none = machine("");
  expect_refused(shop, {"--device", "cuda"}, {"cuda cannot be used", "knows no GPU", "cpu"});
  const Json said = doctor();
  EXPECT_EQ(said["device"], "cpu");
  EXPECT_EQ(said["GPU"], "none");
}

TEST(Devices, WhatIsMissingIsNamed) {
  const Workshop shop;
  const CudaOfTheUser cuda;
  {
    const Environment bare = machine("90");
    expect_refused(shop, {"--device", "cuda"},
                   {"libtorch_cuda.so is in none of", "DBOT_LIBTORCH_CUDA"});
    const Json said = doctor();
    EXPECT_EQ(said["device"], "cpu");
    EXPECT_THAT(said["GPU"].get<std::string>(), HasSubstr("cuda:0 Fake GPU 0"));
    EXPECT_THAT(said["CUDA library"].get<std::string>(), HasSubstr("is in none of"));
  }
  const Environment old = machine("75", cuda.torch(), fake("module"));
  expect_refused(shop, {"--device", "cuda:0"}, {"Fake GPU 0 has 7.5", "expected 8.0 or more"});
}

TEST(Devices, AnIndexTooHighIsRefused) {
  const Workshop shop;
  const CudaOfTheUser cuda;
  const Environment two = machine("90,90", cuda.torch(), fake("module"));
  expect_refused(shop, {"--device", "cuda:2"}, {"there are 2 GPUs, cuda:0 to cuda:1"});
}

TEST(Devices, TheProcessorTrainsWithAWarningWhereAGpuCannotBeUsed) {
  const Workshop shop;
  const Environment bare = machine("90");
  const Result result = shop.pretrain("run", {"--steps", "2"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("the CPU computes, though there is a GPU"),
                                HasSubstr("DBOT_LIBTORCH_CUDA")));
  EXPECT_THAT(read_file(shop.folder / "run/recipe.toml"), HasSubstr("device = \"cpu\""));
  EXPECT_THAT(shop.pretrain("other", {"--steps", "2", "--device", "cpu"}).err,
              Not(HasSubstr("GPU")));
}

TEST(Devices, TheDoctorNamesWhatWasLoaded) {
  const CudaOfTheUser cuda;
  const Environment whole = machine("90", cuda.torch(), fake("module"));
  const Json said = doctor();
  EXPECT_EQ(said["device"], "cuda:0");
  EXPECT_EQ(said["NVIDIA driver"], "serves CUDA 13.0");
  EXPECT_THAT(said["CUDA library"].get<std::string>(), HasSubstr(cuda.torch()));
  EXPECT_THAT(said["CUDA module"].get<std::string>(), HasSubstr("CUDA 13.0, made up"));
  EXPECT_FALSE(said.contains("CUDA"));
}

TEST(Devices, ProcessesDoNotShareGpus) {
  const Workshop shop;
  expect_refused(shop, {"--device", "cuda", "--processes", "2"},
                 {"2 processes cannot train together on GPUs yet", "train.device"});
}

}  // namespace
}  // namespace dbot::cli_test
