#include "dbot/train/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "dbot/core/error.h"

namespace dbot::train {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

ScheduleConfig length(double epochs, double warmup) {
  return {.epochs = epochs, .images_seen = 0, .warmup_epochs = warmup, .min_lr = 0};
}

StagesConfig stages(std::int64_t count, std::vector<double> epochs = {}) {
  StagesConfig config;
  config.count = count;
  config.epochs = std::move(epochs);
  return config;
}

Plan plan(const ScheduleConfig& schedule, const StagesConfig& config, std::int64_t steps_per_epoch,
          std::optional<std::int64_t> steps = {}, std::optional<double> epochs = {}) {
  return make_plan(schedule, config, steps_per_epoch, /*images_per_step=*/10, steps, epochs);
}

std::string usage_error(auto make) {
  try {
    make();
  } catch (const UsageError& problem) {
    return problem.what();
  }
  ADD_FAILURE() << "no UsageError";
  return "";
}

// The official two-stage trajectory: boundaries 0, 2, 4 epochs, 3 steps an epoch, 1 epoch of
// warm-up.
TEST(Plan, HoldsTheTwoStageTrajectory) {
  const Plan result = plan(length(4, 1), stages(2), 3);
  EXPECT_THAT(result.stage_begin, ElementsAre(0, 6, 12));
  EXPECT_THAT(result.warmup_steps, ElementsAre(3.0, 3.0));
  EXPECT_EQ(result.total_steps(), 12);
  EXPECT_EQ(result.stages(), 2);
  EXPECT_EQ(result.steps_per_epoch, 3);
}

// The accumulating one: 8 micro-batches, 2 a step, half an epoch of warm-up.
TEST(Plan, AllowsFractionalWarmup) {
  EXPECT_THAT(plan(length(1, 0.5), stages(1), 4).warmup_steps, ElementsAre(2.0));
  EXPECT_THAT(plan(length(1, 0.3), stages(1), 5).warmup_steps, ElementsAre(1.5));
}

TEST(Plan, HoldsTheFullRecipe) {
  const Plan result = plan(length(1600, 40), stages(2), 312);
  EXPECT_THAT(result.stage_begin, ElementsAre(0, 800 * 312, 1600 * 312));
  EXPECT_THAT(result.warmup_steps, Each(40.0 * 312));
}

TEST(Plan, TakesTheLengthFromImagesSeen) {
  const ScheduleConfig schedule{.epochs = 0, .images_seen = 1000, .warmup_epochs = 0, .min_lr = 0};
  EXPECT_THAT(plan(schedule, stages(2), 7).stage_begin, ElementsAre(0, 50, 100));
}

TEST(Plan, DividesTheRunByTheStagesLengths) {
  EXPECT_THAT(plan(length(0, 0), stages(2, {1, 3}), 10).stage_begin, ElementsAre(0, 10, 40));
  EXPECT_THAT(plan(length(8, 0), stages(2, {1, 3}), 10).stage_begin, ElementsAre(0, 20, 80));
}

TEST(Plan, RoundsBoundariesToWholeSteps) {
  EXPECT_THAT(plan(length(1, 0), stages(3), 10).stage_begin, ElementsAre(0, 3, 7, 10));
  EXPECT_THAT(plan(length(0.25, 0), stages(1), 10).stage_begin, ElementsAre(0, 3));
}

TEST(Plan, OverridesShrinkStagesAndWarmupInProportion) {
  const Plan by_steps = plan(length(1600, 40), stages(2), 100, 400);
  EXPECT_THAT(by_steps.stage_begin, ElementsAre(0, 200, 400));
  EXPECT_THAT(by_steps.warmup_steps, Each(10.0));
  const Plan by_epochs = plan(length(1600, 40), stages(2), 100, {}, 16.0);
  EXPECT_THAT(by_epochs.stage_begin, ElementsAre(0, 800, 1600));
  EXPECT_THAT(by_epochs.warmup_steps, Each(40.0));
}

TEST(Plan, WarmupNeverExceedsARoundedStage) {
  // Stages of 2.33 steps with 2.1 steps of warm-up: the first is rounded to 2.
  const Plan result = plan(length(300, 90), stages(3), 100, 7);
  EXPECT_THAT(result.stage_begin, ElementsAre(0, 2, 5, 7));
  EXPECT_DOUBLE_EQ(result.warmup_steps[0], 2);
  EXPECT_NEAR(result.warmup_steps[1], 2.1, 1e-12);
}

TEST(Plan, ZeroStepsIsAPlanOfNothing) {
  for (const Plan& result :
       {plan(length(1600, 40), stages(2), 100, 0), plan(length(1600, 40), stages(2), 100, {}, 0.0),
        plan(length(0, 40), stages(2), 100, 0)}) {
    EXPECT_THAT(result.stage_begin, ElementsAre(0, 0, 0));
    EXPECT_THAT(result.warmup_steps, ElementsAre(0.0, 0.0));
  }
}

TEST(Plan, RefusesAStageWithoutSteps) {
  const std::string message = usage_error([] { plan(length(1600, 40), stages(3), 100, 2); });
  EXPECT_THAT(message, HasSubstr("2 steps"));
  EXPECT_THAT(message, HasSubstr("at least 3 steps"));
  usage_error([] { plan(length(100, 1), stages(2, {1, 99}), 100, 10); });
  usage_error([] { plan(length(0.001, 0), stages(1), 10); });
}

TEST(Plan, RefusesWarmupThatFillsAStage) {
  EXPECT_THAT(usage_error([] { plan(length(2, 40), stages(1), 10); }),
              testing::AllOf(HasSubstr("warmup_epochs is 40"), HasSubstr("2 epochs of stage 1"),
                             HasSubstr("schedule.total_epochs")));
  usage_error([] { plan(length(80, 40), stages(2), 10); });
  EXPECT_NO_THROW(plan(length(81, 40), stages(2), 10));
  EXPECT_THAT(usage_error([] {
                plan(length(0, 20), stages(3, {100, 100, 10}), 10);
              }),
              HasSubstr("10 epochs of stage 3"));
}

TEST(Plan, RefusesValuesThatAreNoLengths) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {nan, infinity, -1.0}) {
    usage_error([&] { plan(length(bad, 0), stages(1), 10); });
    usage_error([&] { plan(length(10, bad), stages(1), 10); });
    EXPECT_THAT(usage_error([&] {
                  plan(length(10, 0), stages(2, {1, bad}), 10);
                }),
                HasSubstr("an entry of stages.epochs"));
    usage_error([&] { plan(length(10, 0), stages(1), 10, {}, bad); });
  }
  usage_error([] { plan(length(0, 0), stages(1), 10); });
  usage_error([] { plan(length(10, 0), stages(0), 10); });
  usage_error([] { plan(length(10, 0), stages(2, {1, 0}), 10); });
  usage_error([] { plan(length(10, 0), stages(2, {1}), 10); });
  usage_error([] { plan(length(10, 0), stages(1), 0); });
  usage_error([] { plan(length(10, 0), stages(1), 10, -1); });
  usage_error([] { plan(length(10, 0), stages(1), 10, 5, 5.0); });
  usage_error([] { plan(length(1e300, 0), stages(1), 10); });
  usage_error([] { plan({.epochs = 1, .images_seen = 1, .warmup_epochs = 0}, stages(1), 10); });
}

}  // namespace
}  // namespace dbot::train
