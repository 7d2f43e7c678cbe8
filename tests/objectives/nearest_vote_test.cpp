#include "dbot/objectives/nearest_vote.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"

namespace dbot::objectives {
namespace {

TEST(NearestVote, CountsTheNearestAndBreaksTiesByTheSmallestLabel) {
  const at::Tensor rows = at::tensor({0.0, 1.0, 2.0, 10.0, 11.0}).view({5, 1});
  const at::Tensor labels = at::tensor({2, 1, 1, 0, 2}, at::kLong);
  const at::Tensor queries = at::tensor({0.4, 10.4}).view({2, 1});
  const auto votes = [&](std::int64_t neighbours) {
    return nearest_vote(rows, labels, queries, neighbours);
  };
  EXPECT_TRUE(at::equal(votes(1), at::tensor({2, 0}, at::kLong)));
  EXPECT_TRUE(at::equal(votes(2), at::tensor({1, 0}, at::kLong))) << "1 before 2, 0 before 2";
  EXPECT_TRUE(at::equal(votes(3), at::tensor({1, 0}, at::kLong)));
  EXPECT_TRUE(at::equal(votes(200), votes(5))) << "no more than there are";
}

TEST(NearestVote, OfEquallyNearRowsTheFirstCounts) {
  const at::Tensor rows = at::tensor({1.0, -1.0}).view({2, 1});
  EXPECT_TRUE(at::equal(nearest_vote(rows, at::tensor({7, 3}, at::kLong), at::zeros({1, 1}), 1),
                        at::tensor({7}, at::kLong)));
}

TEST(NearestVote, RefusesNoRows) {
  EXPECT_THROW(nearest_vote(at::zeros({0, 2}), at::zeros({0}, at::kLong), at::zeros({1, 2}), 1),
               Error);
  EXPECT_THROW(nearest_vote(at::zeros({2, 2}), at::zeros({1}, at::kLong), at::zeros({1, 2}), 1),
               Error);
}

}  // namespace
}  // namespace dbot::objectives
