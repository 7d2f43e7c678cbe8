#include "dbot/run/facts/time_estimate.h"

#include <gtest/gtest.h>

namespace dbot::run {
namespace {

TEST(TimeEstimate, CountsStepsAfterTheFirstAndTheRest) {
  TimeEstimate estimate(1000);
  EXPECT_FALSE(estimate.add(5, 128));
  EXPECT_FALSE(estimate.add(3, 128));
  int steps = 2;
  for (bool known = false; !known; ++steps) known = estimate.add(0.5, 128);
  EXPECT_EQ(steps, 2 + 6);  // three seconds
  EXPECT_DOUBLE_EQ(estimate.total_seconds({10, 20}), 10 + 8 + 0.5 * 998 + 20);
  EXPECT_DOUBLE_EQ(estimate.images_per_second(), 256);
  EXPECT_FALSE(estimate.add(0.5, 128)) << "told once";
}

TEST(TimeEstimate, IsNotMadeForAShortRun) {
  TimeEstimate estimate(49);
  for (int step = 0; step < 49; ++step) EXPECT_FALSE(estimate.add(1, 1));
}

TEST(TimeEstimate, WaitsForAShareOfQuickSteps) {
  TimeEstimate estimate(1000);
  int steps = 1;
  while (!estimate.add(1e-3, 1)) ++steps;
  EXPECT_EQ(steps, 2 + 20);
}

TEST(FirstForecast, IsMadeByTheSecondMicroBatchOnce) {
  FirstForecast forecast;
  EXPECT_EQ(forecast.add(4, 32), std::nullopt) << "the first warms up";
  EXPECT_EQ(forecast.add(2, 32), 64);
  EXPECT_EQ(forecast.add(2, 32), std::nullopt);
}

TEST(FirstForecast, IsMadeByTheFirstWhereThatIsSlow) {
  FirstForecast forecast;
  EXPECT_EQ(forecast.add(36, 32), 36 * 32);
  EXPECT_EQ(forecast.add(36, 32), std::nullopt);
}

TEST(FirstForecast, QuickStepsNeedNone) {
  FirstForecast forecast;
  forecast.add(0.1, 4);
  EXPECT_EQ(forecast.add(0.01, 4), std::nullopt);
}

}  // namespace
}  // namespace dbot::run
