#include "dbot/objectives/target_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"

namespace dbot::objectives {
namespace {

using testing::ElementsAre;

TEST(TargetFrames, AreSpreadFromTheFirstToTheLastOrAStrideApart) {
  EXPECT_THAT(target_frames(16, 8), ElementsAre(0, 2, 4, 6, 8, 10, 12, 15));
  EXPECT_THAT(target_frames(16, 8, TargetFrames::stride), ElementsAre(0, 2, 4, 6, 8, 10, 12, 14));
  EXPECT_THAT(target_frames(6, 1), ElementsAre(0));
}

TEST(TargetFrames, RefusesWhatDoesNotFit) {
  EXPECT_THROW(target_frames(4, 5), UsageError);
  EXPECT_THROW(target_frames(4, 0), UsageError);
  EXPECT_THROW(target_frames(16, 5, TargetFrames::stride), UsageError);
}

}  // namespace
}  // namespace dbot::objectives
