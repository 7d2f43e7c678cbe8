#include "dbot/report/moment.h"

#include <gtest/gtest.h>

namespace dbot::report {
namespace {

TEST(Moment, ComesBackFromItsName) {
  for (const Moment moment : {Moment::pixels, Moment::start, Moment::epoch, Moment::stage}) {
    EXPECT_EQ(moment_of(moment_name(moment), "any label"), moment) << moment_name(moment);
  }
}

TEST(Moment, OlderFilesSayItByTheirLabels) {
  EXPECT_EQ(moment_of("", "raw pixels"), Moment::pixels);
  EXPECT_EQ(moment_of("", "untrained network"), Moment::start);
  EXPECT_EQ(moment_of("", "stage 2"), Moment::stage);
  EXPECT_EQ(moment_of("", "epoch 40"), Moment::epoch);
  EXPECT_EQ(moment_of("of another program", "untrained network"), Moment::epoch)
      << "where there is a name, labels say nothing";
}

}  // namespace
}  // namespace dbot::report
