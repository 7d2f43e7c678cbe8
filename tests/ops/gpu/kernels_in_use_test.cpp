// What the program tells a GPU's kernels, as far as the operation table does not see it. The
// kernels' bodies run on the host, in the memory of the device that is not there.
#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/ops/backends.h"
#include "dbot/ops/gpu/attention.h"
#include "dbot/ops/gpu/linear.h"
#include "dbot/simd/kernel_level.h"
#include "tests/ops/operation_table.h"
#include "tests/support/fake_device/fake_device.h"
#include "tests/support/fake_device/host_kernels.h"
#include "tests/support/fake_device/test_devices.h"

namespace dbot::ops {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class KernelsInUse : public testing::Test {
 protected:
  void SetUp() override { device_ = test::device_named("kernels"); }
  void TearDown() override { test::fake::use_host_kernels(false); }

  at::Tensor there(const at::Tensor& tensor, at::ScalarType type = at::kFloat) const {
    return tensor.to(at::Device(device_), type);
  }
  at::Tensor numbers_there(const std::vector<std::int64_t>& shape, std::uint64_t seed,
                           at::ScalarType type = at::kFloat) const {
    return there(table_numbers(shape, seed), type);
  }

  runtime::Device device_;
};

double difference(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor ours = a.detach().cpu().to(at::kDouble), theirs = b.cpu().to(at::kDouble);
  return ((ours - theirs).norm() / theirs.norm()).item<double>();
}

TEST_F(KernelsInUse, TheBackendIsThatOfTheDevice) {
  const at::Tensor x = numbers_there({3}, 1);
  EXPECT_EQ(backend_of({x}), Backend::cuda);
  test::fake::use_host_kernels(false);
  EXPECT_EQ(backend_of({x}), Backend::reference);
  test::fake::use_host_kernels(true);
  simd::use_kernel_level(simd::KernelLevel::reference);
  EXPECT_EQ(backend_of({x}), Backend::reference);
  simd::use_kernel_level("auto");
}

/// A table whose products have no way, as cuBLASLt may say.
const gpu::DeviceKernels& kernels_without_products() {
  static const cuda::KernelTable table = [] {
    cuda::KernelTable changed = *test::fake::host_kernels().table;
    changed.product = [](cuda::Products*, const cuda::Product*, cuda::Stream) { return -1015; };
    return changed;
  }();
  static const gpu::DeviceKernels kernels{
      .table = &table, .current_stream = test::fake::host_kernels().current_stream};
  return kernels;
}

TEST_F(KernelsInUse, ProductsThatTheLibraryHasNoWayForAreLibTorchs) {
  const at::Tensor x = table_numbers({2, 5, 7}, 1), weight = table_numbers({4, 7}, 2);
  const at::Tensor bias = table_numbers({4}, 3), outer = table_numbers({2, 5, 4}, 4);
  const at::Tensor flat_outer = outer.view({-1, 4}), flat_x = x.view({-1, 7});
  for (const gpu::DeviceKernels* kernels :
       {&test::fake::host_kernels(), &kernels_without_products()}) {
    gpu::use_kernels(kernels);
    const gpu::Kernels in_use(device_);
    const at::Tensor gradient = there(at::zeros({4, 7})) + 1;
    const test::fake::Watch watch(test::fake::Callers::unknown);
    EXPECT_LT(difference(gpu::linear(in_use, there(x), there(weight), there(bias)),
                         at::linear(x, weight, bias)),
              1e-6);
    EXPECT_LT(difference(gpu::linear_input_gradient(in_use, there(outer), there(weight)),
                         at::matmul(outer, weight)),
              1e-6);
    gpu::add_linear_weight_gradient(in_use, gradient, there(outer), there(x));
    EXPECT_LT(difference(gradient, at::mm(flat_outer.t(), flat_x) + 1), 1e-6);
    const bool ours = kernels == &test::fake::host_kernels();
    EXPECT_THAT(watch.operators(), ours ? testing::Matcher<const std::vector<std::string>&>(
                                              Not(Contains(HasSubstr("mm"))))
                                        : Contains(HasSubstr("mm")));
  }
}

TEST_F(KernelsInUse, WhatAKernelRefusesIsAnError) {
  const gpu::Kernels kernels(device_);
  EXPECT_THAT([&] { kernels.run(&cuda::KernelTable::gelu, cuda::Gelu{.count = 3}); },
              testing::ThrowsMessage<Error>(HasSubstr("refuses its arguments")));
}

TEST_F(KernelsInUse, LowPrecisionWithoutBiasTakesTheFlashKernel) {
  const at::Tensor low = numbers_there({2, 5, 3 * 16}, 1, at::kBFloat16);
  const at::Tensor padding = there(at::zeros({2, 5}));
  const auto operators_of = [&](const at::Tensor& qkv, std::int64_t heads,
                                const at::Tensor& unseen) {
    const test::fake::Watch watch(test::fake::Callers::unknown);
    const gpu::Attention found = gpu::attention(qkv, heads, {}, unseen);
    EXPECT_TRUE(found.context.is_contiguous());
    gpu::attention_backward(qkv, found, found.context, heads, {});
    return watch.operators();
  };
  EXPECT_THAT(operators_of(low, 2, {}), Contains(HasSubstr("flash attention backward")));
  EXPECT_THAT(operators_of(low, 4, {}), Not(Contains(HasSubstr("flash")))) << "heads of 4 values";
  EXPECT_THAT(operators_of(low, 2, padding), Not(Contains(HasSubstr("flash"))));
  EXPECT_THAT(operators_of(low.to(at::kFloat), 2, {}), Not(Contains(HasSubstr("flash"))));
}

TEST_F(KernelsInUse, RowsThatAreTooWideTakeTheReference) {
  const at::Tensor prediction = numbers_there({2, cuda::kMostWidth + 4}, 1);
  const at::Tensor target = numbers_there({2, cuda::kMostWidth + 4}, 2);
  const test::fake::Watch watch(test::fake::Callers::unknown);
  const at::Tensor loss =
      mean_token_loss(prediction, target, {.kind = LossKind::mse}, TargetScale::as_it_is);
  EXPECT_THAT(watch.operators(), Not(Contains(HasSubstr("kernel"))));
  EXPECT_LT(difference(loss, (prediction - target).square().mean()), 1e-6);
}

TEST_F(KernelsInUse, ALossIsDifferentiatedOnce) {
  const at::Tensor prediction = numbers_there({2, 8}, 1).requires_grad_(true);
  const at::Tensor loss =
      mean_token_loss(prediction, numbers_there({2, 8}, 2), {}, TargetScale::as_it_is);
  loss.backward({}, /*retain_graph=*/true);
  EXPECT_THROW(loss.backward(), Error);
}

TEST_F(KernelsInUse, NothingOfABlockOrALossIsReadByTheHost) {
  const at::Tensor x = numbers_there({2, 3, 8}, 1).requires_grad_(true);
  const auto matrix = [&](std::int64_t rows, std::int64_t columns) {
    return numbers_there({rows, columns}, 3).requires_grad_(true);
  };
  const auto vector = [&](std::int64_t size) {
    return numbers_there({size}, 4).requires_grad_(true);
  };
  const TransformerBlockWeights weights{vector(8),     vector(8),  matrix(24, 8), vector(24),
                                        matrix(8, 8),  vector(8),  vector(8),     vector(8),
                                        matrix(16, 8), vector(16), matrix(8, 16), vector(8)};
  const test::fake::Watch watch;
  const at::Tensor y = transformer_block(x, weights, {.heads = 2}, {});
  mean_token_loss(y, x.detach() * 2, {}, TargetScale::standardised).backward();
  EXPECT_EQ(watch.reads(), 0) << test::fake::text_of(
      watch.transfers(test::fake::Transfer::Kind::read));
  EXPECT_EQ(watch.uploads(), 0);
  EXPECT_THAT(watch.operators(), Contains(HasSubstr("kernel residual_norm_backward")));
  EXPECT_GT(x.grad().norm().cpu().item<double>(), 0);
}

}  // namespace
}  // namespace dbot::ops
