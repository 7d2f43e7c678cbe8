#include "dbot/nn/vit/relative_positions.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/rand.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/nn/vit/cubic_spline.h"

namespace dbot::nn {
namespace {

TEST(RelativePositions, DistancesAreThoseOfRowsAndColumns) {
  const core::Size grid{2, 3};
  const at::Tensor index = relative_position_index(grid);
  EXPECT_EQ(relative_position_rows(grid), 3 * 5 + 3);
  ASSERT_EQ(index.sizes(), at::IntArrayRef({7, 7}));
  const auto at = [&](int query, int key) { return index[query][key].item<std::int64_t>(); };
  EXPECT_EQ(at(0, 0), 17);
  EXPECT_EQ(at(0, 4), 15);
  EXPECT_EQ(at(4, 0), 16);
  // From the first patch to the last: a row up, two columns to the left.
  EXPECT_EQ(at(1, 6), 0);
  EXPECT_EQ(at(6, 1), 14);
  EXPECT_EQ(at(2, 2), at(5, 5));
}

TEST(RelativePositions, ATableOfTheSameGridStaysAsItIs) {
  const at::Tensor table = at::rand({relative_position_rows({4, 4}), 2});
  EXPECT_TRUE(at::equal(resize_relative_positions(table, {4, 4}, {4, 4}), table));
}

TEST(RelativePositions, ResizingKeepsTheZeroDistanceAndTheRowsOfCls) {
  const at::Tensor table = at::rand({relative_position_rows({4, 5}), 3});
  const at::Tensor resized = resize_relative_positions(table, {4, 5}, {6, 9});
  ASSERT_EQ(resized.size(0), relative_position_rows({6, 9}));
  EXPECT_TRUE(at::equal(resized.slice(0, -3), table.slice(0, -3)));
  const std::int64_t middle_before = 3 * 9 + 4, middle = 5 * 17 + 8;
  EXPECT_TRUE(at::allclose(resized[middle], table[middle_before], 1e-6, 1e-6));
}

TEST(RelativePositions, GridsOfOneAndTwoPatchesResize) {
  const at::Tensor one = at::rand({relative_position_rows({1, 1}), 2});
  EXPECT_TRUE(at::allclose(resize_relative_positions(one, {1, 1}, {3, 2})[0], one[0]));
  const at::Tensor two = at::rand({relative_position_rows({2, 2}), 2});
  EXPECT_EQ(resize_relative_positions(two, {2, 2}, {5, 4}).size(0), relative_position_rows({5, 4}));
}

TEST(RelativePositions, ATableOfAnotherGridIsRefused) {
  EXPECT_THROW(resize_relative_positions(at::rand({52, 2}), {5, 5}, {6, 6}), Error);
}

TEST(CubicSpline, GoesThroughItsKnotsAndReproducesCubics) {
  const std::vector<double> knots{-2, -1.5, 0, 1, 1.25, 3}, places{-2, -1, 0.5, 1.25, 2.9, 3};
  const auto cubic = [](double x) { return 2 + x - 0.5 * x * x + 0.25 * x * x * x; };
  at::Tensor values = at::linspace(0, 1, 6, at::kDouble), expected = values.clone();
  for (int i = 0; i < 6; ++i) {
    values[i] = cubic(knots[static_cast<std::size_t>(i)]);
    expected[i] = cubic(places[static_cast<std::size_t>(i)]);
  }
  EXPECT_TRUE(at::allclose(cubic_spline_matrix(knots, places).matmul(values), expected, 1e-12));
  EXPECT_TRUE(at::allclose(cubic_spline_matrix(knots, knots).matmul(values), values, 1e-12));
}

TEST(CubicSpline, OutsideItTakesTheNearestKnot) {
  const at::Tensor matrix = cubic_spline_matrix({0, 1, 2, 3}, {-5, 7});
  EXPECT_TRUE(at::allclose(matrix[0], (at::arange(4, at::kDouble) == 0).to(at::kDouble)));
  EXPECT_TRUE(at::allclose(matrix[1], (at::arange(4, at::kDouble) == 3).to(at::kDouble)));
}

}  // namespace
}  // namespace dbot::nn
