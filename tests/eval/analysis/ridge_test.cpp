#include "dbot/eval/analysis/ridge.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/core/error.h"

namespace dbot::eval {
namespace {

at::Tensor normal(std::int64_t rows, std::int64_t columns) {
  return at::randn({rows, columns}, at::kDouble);
}

TEST(Ridge, FindsAnAffineMapFromBatches) {
  const at::Tensor z = normal(60, 5) + 3, map = normal(5, 2), t = at::matmul(z, map) + 7;
  RidgeSums sums;
  for (const std::int64_t begin : {0, 20, 40}) {
    sums.add(z.narrow(0, begin, 20), t.narrow(0, begin, 20));
  }
  EXPECT_EQ(sums.rows(), 60);
  const AffineMap found = sums.fit(0.0);
  EXPECT_TRUE(at::allclose(found.weight, map, 1e-8, 1e-10));
  LeftOver left(found, /*blocks=*/2);
  const at::Tensor other = normal(10, 5);
  left.add(other, at::matmul(other, map) + 7);
  EXPECT_LT(left.nmse(0), 1e-12);
  EXPECT_LT(left.nmse(1), 1e-12);
}

TEST(Ridge, IsAThousandthOfTheMeanOfTheDiagonalUnlessGiven) {
  const at::Tensor z = normal(30, 4), t = normal(30, 1);
  RidgeSums sums;
  sums.add(z, t);
  const at::Tensor centred = z - z.mean(0);
  const double trace = centred.square().sum().item<double>();
  EXPECT_NEAR(sums.fit({}).ridge, 1e-3 * trace / 4, 1e-9);
  EXPECT_EQ(sums.fit(2.0).ridge, 2.0);
}

TEST(Ridge, WhatIsLeftOverIsCountedOnTheScaleOfTheMean) {
  RidgeSums sums;
  sums.add(at::cat({at::ones({2, 1}), -at::ones({2, 1})}), at::zeros({4, 2}));
  LeftOver left(sums.fit({}), /*blocks=*/2);
  at::Tensor targets = at::zeros({3, 2});
  targets.select(1, 1).fill_(2);
  left.add(at::zeros({3, 1}), targets);
  EXPECT_TRUE(std::isnan(left.nmse(0))) << "targets that do not vary";
  EXPECT_NEAR(left.nmse(1), 1, 1e-12) << "no better than the mean";
}

TEST(Ridge, RefusesWhatHasNoSolution) {
  EXPECT_THROW(RidgeSums().fit({}), UsageError);
  RidgeSums constant;
  constant.add(at::ones({4, 2}), normal(4, 1));
  EXPECT_THROW(constant.fit(0.0), UsageError);
  EXPECT_THROW(constant.fit(-1.0), UsageError);
}

}  // namespace
}  // namespace dbot::eval
