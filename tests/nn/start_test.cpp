#include "dbot/nn/start.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/nn/parameters.h"

namespace dbot::nn {
namespace {

/// 10,000 values of a start.
at::Tensor values_of(const Start& start) {
  ParameterStore store({{.name = "weight", .shape = {100, 100}, .start = start}});
  store.initialise(/*seed=*/7, /*stage=*/0);
  return store.at("weight").detach().clone();
}

double deviation(const at::Tensor& values) {
  return values.square().mean().sqrt().item<double>();
}

double largest(const at::Tensor& values) {
  return values.abs().max().item<double>();
}

/// All inside the bound, some near it, and the deviation of a uniform distribution.
void expect_uniform(const Start& start, double bound) {
  const at::Tensor values = values_of(start);
  EXPECT_LE(largest(values), bound);
  EXPECT_GT(largest(values), 0.99 * bound);
  EXPECT_NEAR(deviation(values), bound / std::sqrt(3.0), 0.02 * bound);
}

TEST(Start, UniformOnesHaveTheirBounds) {
  expect_uniform(starts::Uniform{0.3}, 0.3);
  expect_uniform(glorot_uniform({.in = 50, .out = 10}), std::sqrt(6.0 / 60));
  expect_uniform(kaiming_uniform(24), 0.5);
  expect_uniform(fan_in_uniform(16), 0.25);
}

TEST(Start, NormalOnesHaveTheirDeviations) {
  EXPECT_NEAR(deviation(values_of(starts::Normal{1.0})), 1.0, 0.03);
  EXPECT_NEAR(deviation(values_of(kaiming_normal(8))), 0.5, 0.015);
  EXPECT_GT(largest(values_of(starts::Normal{1.0})), 3);
  const at::Tensor cut = values_of(starts::TruncatedNormal{.deviation = 0.02, .scale = 0.5});
  EXPECT_LE(largest(cut), 0.01);
  EXPECT_GT(largest(cut), 0.0099);
}

TEST(Start, SignedOnesHaveBothSigns) {
  const at::Tensor values = values_of(signed_constant(8));
  EXPECT_EQ(values.abs().min().item<float>(), 0.5F);
  EXPECT_EQ(values.abs().max().item<float>(), 0.5F);
  EXPECT_NEAR(values.gt(0).sum().item<double>() / 10'000, 0.5, 0.03);
}

TEST(Start, ConstantsAreConstant) {
  const at::Tensor values = values_of(starts::Constant{-0.25});
  EXPECT_EQ(values.min().item<float>(), -0.25F);
  EXPECT_EQ(values.max().item<float>(), -0.25F);
  EXPECT_EQ(largest(values_of({})), 0);
}

TEST(Start, FansCountPlacesOfTheKernel) {
  const Fans linear = fans_of({10, 50}), kernel = fans_of({8, 3, 5, 2});
  EXPECT_EQ(linear.in, 50);
  EXPECT_EQ(linear.out, 10);
  EXPECT_EQ(kernel.in, 30);
  EXPECT_EQ(kernel.out, 80);
}

}  // namespace
}  // namespace dbot::nn
