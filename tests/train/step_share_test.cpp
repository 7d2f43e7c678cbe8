#include "dbot/train/step_share.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "dbot/core/error.h"

namespace dbot::train {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(StepShare, RanksHaveNeighbouringMicroBatchesAndLanes) {
  for (const int ranks : {1, 2, 4, 8}) {
    std::int64_t next = 0;
    for (int rank = 0; rank < ranks; ++rank) {
      const StepShare share = share_of_step(16, 8, rank, ranks);
      EXPECT_EQ(share.first, next);
      EXPECT_EQ(share.count, 16 / ranks);
      EXPECT_EQ(share.of, 16);
      EXPECT_EQ(share.lanes, 8 / ranks);
      EXPECT_EQ(share.micro_batches_per_lane(), 2) << "a lane is the same on any number of ranks";
      next += share.count;
    }
    EXPECT_EQ(next, 16);
    EXPECT_TRUE(same_bits(8, ranks));
  }
}

TEST(StepShare, RanksThatDoNotDivideTheLanesHaveOneEach) {
  EXPECT_FALSE(same_bits(8, 3));
  EXPECT_FALSE(same_bits(2, 4));
  EXPECT_EQ(share_of_step(12, 4, 2, 3).lanes, 1);
  EXPECT_EQ(share_of_step(12, 4, 2, 3).first, 8);
  EXPECT_EQ(share_of_step(8, 2, 3, 4).lanes, 1);
}

std::string problem_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const UsageError& problem) {
    return problem.what();
  }
  return "";
}

TEST(StepShare, RanksThatDoNotDivideAStepAreRefusedWithNumbersThatDo) {
  EXPECT_THAT(problem_of([] { check_division(4, 6, 4); }),
              AllOf(HasSubstr("train.accumulate 6"), HasSubstr("4 processes"),
                    HasSubstr("train.batch_size=3 train.accumulate=8"),
                    HasSubstr("start 1 or 2 or 3 processes")));
  EXPECT_THAT(
      problem_of([] { check_division(4, 1, 2); }),
      AllOf(HasSubstr("train.batch_size=2 train.accumulate=2"), HasSubstr("start 1 process")));
  EXPECT_THAT(problem_of([] { check_division(1, 1, 2); }), HasSubstr("multiple of 2"));
  EXPECT_EQ(problem_of([] { check_division(4, 6, 3); }), "");
}

TEST(StepShare, LanesAreAPowerOfTwoThatDividesAStep) {
  for (const std::int64_t lanes : {0, 1, 2, 4}) EXPECT_NO_THROW(check_lanes(12, lanes)) << lanes;
  EXPECT_THAT(problem_of([] { check_lanes(12, 3); }),
              AllOf(HasSubstr("train.lanes is 3"), HasSubstr("choose 1 or 2 or 4")));
  EXPECT_THAT(problem_of([] { check_lanes(12, 8); }), HasSubstr("12 micro-batches"));
}

TEST(StepShare, LanesLeftOpenAreTheRanksOfAPowerOfTwo) {
  EXPECT_EQ(default_lanes(1), 1);
  EXPECT_EQ(default_lanes(8), 8);
  EXPECT_EQ(default_lanes(6), 1);
}

}  // namespace
}  // namespace dbot::train
