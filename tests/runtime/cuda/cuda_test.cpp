#include "dbot/runtime/cuda.h"

#include <ATen/Context.h>
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <functional>
#include <iostream>

#include "dbot/runtime/cuda/device_choice.h"
#include "dbot/runtime/cuda/library.h"
#include "tests/core/temporary_folder.h"
#include "tests/fake_cuda/fake_cuda.h"

// load_cuda() and what comes after it, in processes of their own with made-up GPUs.
namespace dbot::runtime {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr int kAsExpected = 0;

/// In a process for itself: GPUs of these capabilities, a LibTorch of this version.
class MadeUpMachine {
 public:
  explicit MadeUpMachine(const char* capabilities,
                         const std::string& version = cuda::running_libtorch().version) {
    const auto folder = test::fake_cuda_folder();
    test::make_fake_torch(torch_.path() / "torch", version);
    ::setenv("FAKE_CUDA_GPUS", capabilities, 1);
    ::setenv("DBOT_LIBTORCH_CUDA", (torch_.path() / "torch").c_str(), 1);
    ::setenv("DBOT_MODULES", (folder / "module").c_str(), 1);
    // Found by its name from now on.
    ::dlopen((folder / "driver" / "libcuda.so.1").c_str(), RTLD_NOW);
  }

 private:
  test::TemporaryFolder torch_;
};

std::string refusal(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

std::string refusal_of_device(const char* request) {
  return refusal([request] { resolve_device(request); });
}

class CudaDeathTest : public testing::Test {
 protected:
  void SetUp() override { testing::GTEST_FLAG(death_test_style) = "threadsafe"; }

  static testing::ExitedWithCode ends() { return testing::ExitedWithCode(kAsExpected); }

  /// Ends the process after what `act` writes to stderr.
  template <typename Act>
  [[noreturn]] static void run(const Act& act) {
    act();
    std::cerr << " the end";
    std::_Exit(kAsExpected);
  }
};

TEST_F(CudaDeathTest, TheFirstGpuThatIsNewEnoughIsChosen) {
  const auto act = [] {
    const MadeUpMachine machine("75,90,100");
    std::cerr << to_string(resolve_device("auto")) << ' ' << to_string(resolve_device("cuda"))
              << ' ' << to_string(resolve_device("cuda:2")) << ' ' << cuda::device_count()
              << cuda::why_not();
  };
  EXPECT_EXIT(run(act), ends(), HasSubstr("cuda:1 cuda:1 cuda:2 3 the end"));
}

TEST_F(CudaDeathTest, GpusThatCannotBeUsedAreRefused) {
  const auto act = [] {
    const MadeUpMachine machine("75,90");
    std::cerr << refusal_of_device("cuda:0") << refusal_of_device("cuda:2");
  };
  EXPECT_EXIT(run(act), ends(),
              AllOf(HasSubstr("Fake GPU 0 has compute capability 7.5, expected 8.0 or more"),
                    HasSubstr("cuda:2 cannot be used: there are 2 GPUs, cuda:0 to cuda:1; compute "
                              "on the CPU by train.device = \"cpu\"")));
}

TEST_F(CudaDeathTest, TheProcessorDoesNotTakeOverInSilence) {
  const auto act = [] {
    const MadeUpMachine machine("90", "2.9.1");
    const Device device = choose_device(
        "auto", [](core::LogLevel, std::string_view text) { std::cerr << text << '\n'; });
    std::cerr << to_string(device) << '\n' << refusal_of_device("cuda");
  };
  EXPECT_EXIT(
      run(act), ends(),
      AllOf(HasSubstr("[device] the CPU computes, though there is a GPU: [cuda] LibTorch's"),
            HasSubstr("is of LibTorch 2.9.1"), HasSubstr("\ncpu\n[device] cuda cannot")));
}

TEST_F(CudaDeathTest, ForTheProcessorNothingIsLoaded) {
  const auto act = [] {
    const MadeUpMachine machine("90");
    resolve_device("cpu");
    std::cerr << static_cast<int>(cuda::found().obstacle) << ' ' << at::hasCUDA();
  };
  const int not_asked = static_cast<int>(cuda::Obstacle::not_asked);
  EXPECT_EXIT(run(act), ends(), HasSubstr(std::to_string(not_asked) + " 0 the end"));
}

TEST_F(CudaDeathTest, TheModuleAnswersForADevice) {
  const auto act = [] {
    const MadeUpMachine machine("90");
    load_cuda();
    const cuda::Memory memory = cuda::memory(0);
    std::cerr << memory.free << ' ' << memory.total << ' ' << memory.peak_allocated << ' '
              << memory.peak_reserved << ' ';
    cuda::use_device(0);
    cuda::synchronise(0);
    cuda::reset_peak_memory(0);
    std::cerr << (cuda::current_stream(0) == nullptr) << ' ';
    std::cerr << refusal([] { cuda::synchronise(3); });
  };
  EXPECT_EXIT(run(act), ends(),
              AllOf(HasSubstr("60 80 7 20 1 "),
                    HasSubstr("cuda:3 fails where it should finish: invalid device ordinal")));
}

TEST_F(CudaDeathTest, FurtherTablesHaveVersionsOfTheirOwn) {
  const auto act = [] {
    const MadeUpMachine machine("90");
    load_cuda();
    std::cerr << *static_cast<const int*>(cuda::table("dbot_fake_table", 7)) << ' '
              << refusal([] { cuda::table("dbot_fake_table", 8); })
              << refusal([] { cuda::table("dbot_no_table", 1); });
  };
  EXPECT_EXIT(run(act), ends(),
              AllOf(HasSubstr("7 "), HasSubstr("has dbot_fake_table of version 7, expected 8"),
                    HasSubstr("has no dbot_no_table")));
}

TEST_F(CudaDeathTest, ProductsAreOfFloat32) {
  const auto act = [] {
    const MadeUpMachine machine("90");
    at::globalContext().setAllowTF32CuBLAS(true);
    load_cuda();
    const auto& context = at::globalContext();
    std::cerr << context.allowTF32CuBLAS() << context.allowTF32CuDNN()
              << context.deterministicCuDNN() << context.benchmarkCuDNN();
    cuda::allow_tf32(true);
    std::cerr << context.allowTF32CuBLAS() << context.allowTF32CuDNN();
  };
  EXPECT_EXIT(run(act), ends(), HasSubstr("001011 the end"));
}

TEST(Cuda, SaysThatItWasNotLoaded) {
  if (cuda::found().obstacle != cuda::Obstacle::not_asked) GTEST_SKIP() << "it was asked for";
  EXPECT_THAT(cuda::why_not(), HasSubstr("is not loaded in this process"));
  EXPECT_THROW(cuda::memory(0), Error);
  EXPECT_THROW(cuda::table("dbot_fake_table", 7), Error);
}

}  // namespace
}  // namespace dbot::runtime
