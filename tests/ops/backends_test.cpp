#include "dbot/ops/backends.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/runtime/cuda.h"
#include "dbot/simd/kernel_level.h"

namespace dbot::ops {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

at::Tensor on(at::DeviceType device) {
  return at::ones({3}, at::TensorOptions().device(device));
}

/// Kernels of the level while it lives.
class Level {
 public:
  explicit Level(simd::KernelLevel level) { simd::use_kernel_level(level); }
  ~Level() { simd::use_kernel_level("auto"); }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
};

TEST(Backends, TheHostHasKernelsUnlessTheReferenceIsWanted) {
  const at::Tensor a = on(at::kCPU), b = on(at::kCPU), absent;
  {
    const Level level(simd::KernelLevel::portable);
    EXPECT_EQ(backend_of({a}), Backend::cpu);
    EXPECT_EQ(backend_of({a, absent, b}), Backend::cpu);
    EXPECT_EQ(backend_of({absent}), Backend::reference);
  }
  const Level level(simd::KernelLevel::reference);
  EXPECT_EQ(backend_of({a, b}), Backend::reference);
}

TEST(Backends, OtherDevicesTakeTheReference) {
  const Level level(simd::KernelLevel::portable);
  const at::Tensor elsewhere = on(at::kMeta);
  EXPECT_EQ(backend_of({elsewhere}), Backend::reference);
}

TEST(Backends, TensorsLieOnOneDevice) {
  const at::Tensor here = on(at::kCPU), there = on(at::kMeta);
  EXPECT_THAT(
      [&] {
        backend_of({here, there});
      },
      ThrowsMessage<Error>(HasSubstr("[ops] tensors lie on cpu and meta")));
}

TEST(Backends, WithoutTheModuleEveryCudaWaySaysSo) {
  if (runtime::cuda::available()) GTEST_SKIP() << "this process can use a GPU";
  const at::Tensor x = on(at::kCPU);
  const auto says_so = ThrowsMessage<Error>(HasSubstr(runtime::cuda::why_not()));
  const at::Tensor rows = at::ones({1, 1, 3}), images = at::ones({1, 1, 4, 4});
  const TokenPlan plan{at::zeros({1, 1}, at::kLong), {}};
  EXPECT_THAT([&] { image_patches_cuda(images, 4, PatchOrder::channel_first, {}); }, says_so);
  EXPECT_THAT([&] { assemble_tokens_cuda(rows, rows, rows, plan); }, says_so);
  EXPECT_THAT([&] { mean_token_loss_cuda(x, x, {}, TargetScale::as_it_is); }, says_so);
  EXPECT_THAT([&] { sum_of_squares_on_device_cuda(x); }, says_so);
  EXPECT_THAT([&] { adamw_update_cuda({x, x, x, x}, {}); }, says_so);
}

}  // namespace
}  // namespace dbot::ops
