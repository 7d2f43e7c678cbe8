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

TEST(Plan, StagesMayHaveWarmupsOfTheirOwn) {
  StagesConfig config = stages(2);
  config.warmup_epochs = {0, 1.5};
  EXPECT_THAT(plan(length(8, 3), config, 10).warmup_steps, ElementsAre(0.0, 15.0));
  config.warmup_epochs = {0, 4};
  EXPECT_THAT(usage_error([&] { plan(length(8, 3), config, 10); }), HasSubstr("stage 2"));
  config.warmup_epochs = {1};
  EXPECT_THAT(usage_error([&] { plan(length(8, 3), config, 10); }),
              HasSubstr("stages.warmup_epochs has 1 entries"));
}

Plan own_data(const ScheduleConfig& schedule, const StagesConfig& config,
              std::vector<std::int64_t> steps_per_epoch, std::optional<std::int64_t> steps = {},
              std::optional<double> epochs = {}) {
  return make_plan(schedule, config, steps_per_epoch, /*images_per_step=*/10, steps, epochs);
}

TEST(Plan, StagesMayHaveDataOfTheirOwn) {
  const Plan result = own_data(length(0, 1), stages(3, {2, 1.5, 4}), {10, 8, 5});
  EXPECT_THAT(result.stage_begin, ElementsAre(0, 20, 32, 52));
  EXPECT_THAT(result.warmup_steps, ElementsAre(10.0, 8.0, 5.0));
  EXPECT_THAT(own_data(length(6, 0), stages(2), {10, 5}).stage_begin, ElementsAre(0, 30, 45));
  EXPECT_THAT(own_data(length(6, 0), stages(2), {10, 5}, 15).stage_begin, ElementsAre(0, 10, 15));
  EXPECT_THAT(own_data(length(6, 0), stages(2), {10, 5}, {}, 2.0).stage_begin,
              ElementsAre(0, 10, 15));
  const ScheduleConfig by_images{.epochs = 0, .images_seen = 400, .warmup_epochs = 0, .min_lr = 0};
  EXPECT_THAT(own_data(by_images, stages(2), {10, 5}).stage_begin, ElementsAre(0, 20, 40));
  usage_error([] { own_data(length(6, 0), stages(2), {10}); });
  usage_error([] { own_data(length(6, 0), stages(2), {10, 0}); });
}

TEST(Plan, EpochsOfOneStreamRunOnAcrossStages) {
  const Plan result{.steps_per_epoch = 4, .stage_begin = {0, 6, 12}, .warmup_steps = {0, 0}};
  EXPECT_THAT(result.epoch_ends(), ElementsAre(4, 8, 12));
  EXPECT_DOUBLE_EQ(result.epochs_at(7), 1.75);
  EXPECT_TRUE(result.ends_epoch(8) && !result.ends_epoch(6) && !result.ends_epoch(0));
  EXPECT_EQ(result.epoch_ended_at(8), 2);
  EXPECT_TRUE(result.ends_interval(6, 1.5) && result.ends_interval(12, 1.5));
  EXPECT_FALSE(result.ends_interval(8, 0));
  EXPECT_EQ(result.stage_of(6), 0);
  EXPECT_EQ(result.stage_of(7), 1);
  EXPECT_EQ(result.data_begin_of(1), 0);
}

TEST(Plan, EpochsOfOwnDataBeginWithTheirStage) {
  const Plan result = own_data(length(0, 0), stages(3, {2, 1.5, 4}), {10, 8, 5});
  EXPECT_THAT(result.epoch_ends(), ElementsAre(10, 20, 28, 37, 42, 47, 52));
  EXPECT_DOUBLE_EQ(result.epochs_at(20), 2);
  EXPECT_DOUBLE_EQ(result.epochs_at(24), 2.5);
  EXPECT_DOUBLE_EQ(result.epochs_at(32), 3.5);
  EXPECT_DOUBLE_EQ(result.epochs_at(33), 4.2);
  EXPECT_TRUE(result.ends_epoch(28) && !result.ends_epoch(32) && !result.ends_epoch(30));
  EXPECT_EQ(result.epoch_ended_at(37), 5);
  EXPECT_EQ(result.data_begin_of(2), 32);
  EXPECT_TRUE(result.ends_interval(24, 0.5));
}

TEST(Plan, AStageThatEndsEarlyMovesTheLaterOnes) {
  Plan result = own_data(length(0, 0), stages(3, {2, 1, 4}), {10, 8, 5});
  result.end_early(0, 10);
  EXPECT_THAT(result.stage_begin, ElementsAre(0, 10, 18, 38));
  EXPECT_DOUBLE_EQ(result.epochs_at(14), 1.5);
}

TEST(Plan, EachStageHasItsRates) {
  const Plan result = own_data(length(0, 0), stages(2, {4, 4}), {10, 5});
  ScheduleConfig schedule;
  StagesConfig config = stages(2);
  const auto rate = [&](std::int64_t stage, std::int64_t step) {
    return rate_of_step(schedule, config, result, stage, step, /*base_lr=*/1, 256);
  };
  EXPECT_DOUBLE_EQ(rate(0, 0), 1);
  EXPECT_DOUBLE_EQ(rate(0, 20), 0.5);
  EXPECT_DOUBLE_EQ(rate(1, 40), 1);
  EXPECT_DOUBLE_EQ(rate(1, 50), 0.5);
  config.base_lr = {1, 0.1};
  EXPECT_DOUBLE_EQ(rate(1, 50), 0.05);
  schedule.unit = ScheduleUnit::epoch;
  for (const std::int64_t step : {20, 25, 29}) EXPECT_DOUBLE_EQ(rate(0, step), 0.5);
  EXPECT_LT(rate(0, 30), 0.5);
  for (const std::int64_t step : {50, 54}) EXPECT_DOUBLE_EQ(rate(1, step), 0.05);
}

TEST(Plan, ByEpochsAWarmupStillGoesByStepsAndLeavesItsEpochToThePeak) {
  Plan result{.steps_per_epoch = 10, .stage_begin = {0, 50}, .warmup_steps = {5}};
  ScheduleConfig schedule;
  schedule.unit = ScheduleUnit::epoch;
  const auto rate = [&](std::int64_t step) {
    return rate_of_step(schedule, stages(1), result, 0, step, 1, 256);
  };
  EXPECT_DOUBLE_EQ(rate(2), 0.4);
  for (const std::int64_t step : {5, 9}) EXPECT_DOUBLE_EQ(rate(step), 1);
  EXPECT_DOUBLE_EQ(rate(10), rate(19));
  EXPECT_LT(rate(10), 1);
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
