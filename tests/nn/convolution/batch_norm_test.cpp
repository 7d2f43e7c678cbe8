#include "dbot/nn/convolution/batch_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"

namespace dbot::nn {
namespace {

BatchNormTensors fresh_norm(std::int64_t channels) {
  return {.weight = at::ones({channels}),
          .bias = at::zeros({channels}),
          .running_mean = at::zeros({channels}),
          .running_var = at::ones({channels}),
          .batches = at::zeros({1})};
}

at::Tensor uneven_batch() {
  return (at::arange(6 * 2 * 3 * 3) * 37 % 101).to(at::kFloat).view({6, 2, 3, 3}) / 10;
}

TEST(BatchNorm, TrainingMovesTheRunningValuesByATenth) {
  const at::Tensor x = uneven_batch();
  const BatchNormTensors norm = fresh_norm(2);
  const at::Tensor y = batch_norm(x, norm, NormMode::training);
  EXPECT_TRUE(at::allclose(y.mean({0, 2, 3}), at::zeros({2}), 0, 1e-5));
  EXPECT_TRUE(at::allclose(norm.running_mean, 0.1 * x.mean({0, 2, 3}), 1e-5));
  const at::Tensor rows = x.transpose(0, 1).reshape({2, -1});
  const at::Tensor variance =  // unbiased
      (rows - rows.mean(1, /*keepdim=*/true)).square().sum(1) /
      static_cast<double>(rows.size(1) - 1);
  EXPECT_TRUE(at::allclose(norm.running_var, 0.9 + 0.1 * variance, 1e-5));
  EXPECT_EQ(norm.batches.item<float>(), 1);
}

TEST(BatchNorm, OtherModesWriteNothing) {
  const at::Tensor x = uneven_batch();
  const BatchNormTensors norm = fresh_norm(2), trained = fresh_norm(2);
  const at::Tensor by_batch = batch_norm(x, norm, NormMode::batch);
  batch_norm(x, norm, NormMode::running);
  batch_norm(x, norm, NormMode::batch, /*splits=*/3);
  EXPECT_TRUE(at::equal(norm.running_mean, at::zeros({2})));
  EXPECT_TRUE(at::equal(norm.running_var, at::ones({2})));
  EXPECT_EQ(norm.batches.item<float>(), 0);
  EXPECT_TRUE(at::equal(by_batch, batch_norm(x, trained, NormMode::training)));
}

TEST(BatchNorm, SplitsHoldEveryNthSample) {
  const at::Tensor x = uneven_batch();
  const BatchNormTensors norm = fresh_norm(2), first = fresh_norm(2), second = fresh_norm(2);
  const at::Tensor y = batch_norm(x, norm, NormMode::training, /*splits=*/2);
  const at::Tensor even = batch_norm(x.slice(0, 0, 6, 2), first, NormMode::training);
  const at::Tensor odd = batch_norm(x.slice(0, 1, 6, 2), second, NormMode::training);
  EXPECT_TRUE(at::allclose(y.slice(0, 0, 6, 2), even, 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(y.slice(0, 1, 6, 2), odd, 1e-5, 1e-6));
  EXPECT_TRUE(
      at::allclose(norm.running_mean, (first.running_mean + second.running_mean) / 2, 1e-5));
  EXPECT_TRUE(at::allclose(norm.running_var, (first.running_var + second.running_var) / 2, 1e-5));
  EXPECT_EQ(norm.batches.item<float>(), 0);
  EXPECT_THROW(batch_norm(x, norm, NormMode::training, /*splits=*/4), UsageError);
}

}  // namespace
}  // namespace dbot::nn
