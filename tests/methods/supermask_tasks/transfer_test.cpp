// What the log is told of which earlier task a new one begins with.
#include "dbot/methods/supermask_tasks/transfer.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace dbot::methods {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(Transfer, SaysWhereAllRowsVote) {
  EXPECT_THAT(clamped_text(50, {.neighbours = 200}),
              AllOf(HasSubstr("all 33 rows vote"), HasSubstr("tasks.transfer_neighbours, 200")));
  EXPECT_EQ(clamped_text(50, {.neighbours = 20}), "");
  EXPECT_EQ(clamped_text(1, {}), "") << "then nobody votes at all";
  EXPECT_TRUE(std::isnan(vote_accuracy(at::zeros({1, 2}), at::zeros({1}, at::kLong), {})));
}

TEST(Transfer, SaysWhichTaskHelped) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(transfer_text({.from = {0}, .accuracies = {0.8333, 0.6111}}, 2, 2),
            "task 3 begins with the scores of task 1, whose features sort 83.3 % of its samples "
            "right (chance 50.0 %; task 2: 61.1 %)");
  EXPECT_EQ(transfer_text({.from = {0}, .accuracies = {0.8}}, 1, 4),
            "task 2 begins with the scores of task 1, whose features sort 80.0 % of its samples "
            "right (chance 25.0 %)");
  EXPECT_THAT(transfer_text({.from = {}, .accuracies = {0.5, kUnknown}}, 2, 2),
              AllOf(HasSubstr("task 3 begins with drawn scores"),
                    HasSubstr("(task 1: 50.0 %, task 2: too few samples)")));
  EXPECT_THAT(
      transfer_text({.from = {0, 2}, .accuracies = {0.8, 0.1, 0.9}}, 3, 2),
      AllOf(HasSubstr("the mean of the scores of 2 earlier tasks"), HasSubstr("task 2: 10.0 %")));
}

}  // namespace
}  // namespace dbot::methods
