#include "dbot/optim/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/optim/layer_decay.h"

namespace dbot::optim {
namespace {

TEST(LearningRate, WarmsUpAndFallsInEveryStage) {
  EXPECT_DOUBLE_EQ(learning_rate(0, 0, 10, 2, 0.4, 0.1), 0);
  EXPECT_DOUBLE_EQ(learning_rate(1, 0, 10, 2, 0.4, 0.1), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate(2, 0, 10, 2, 0.4, 0.1), 0.4);
  EXPECT_DOUBLE_EQ(learning_rate(6, 0, 10, 2, 0.4, 0.1), 0.25);
  EXPECT_DOUBLE_EQ(learning_rate(11, 10, 20, 2, 0.4, 0.1), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate(0, 0, 10, 0, 0.4, 0.1), 0.4);
  EXPECT_DOUBLE_EQ(scaled_rate(1.5e-4, 4096), 2.4e-3);
}

TEST(RateTable, ReachesThePeakTwice) {
  EXPECT_THAT(rate_table(4, 2, 1.0, 0.0), testing::ElementsAre(0.0, 1.0, 1.0, 0.5));
  EXPECT_THAT(rate_table(1, 1, 1.0, 0.0), testing::ElementsAre(0.0));
}

TEST(LearningRate, HasFiveShapes) {
  const RateTimes times{.begin = 100, .end = 200, .warmup = 20};
  const auto rate = [&](RateShape shape, double time) {
    shape.minimum = 0.1;
    return learning_rate(shape, times, time, 1.1);
  };
  for (const auto shape :
       {ScheduleShape::cosine, ScheduleShape::step, ScheduleShape::poly, ScheduleShape::constant}) {
    EXPECT_DOUBLE_EQ(rate({.shape = shape}, 110), 0.55) << "half of the warm-up";
    EXPECT_DOUBLE_EQ(rate({.shape = shape}, 120), 1.1);
  }
  EXPECT_DOUBLE_EQ(rate({}, 160), 0.6);
  EXPECT_DOUBLE_EQ(rate({.shape = ScheduleShape::constant}, 199), 1.1);
  EXPECT_DOUBLE_EQ(rate({.shape = ScheduleShape::poly}, 140), 0.1 + 0.75);
  EXPECT_DOUBLE_EQ(rate({.shape = ScheduleShape::poly, .power = 2}, 160), 0.1 + 0.25);
  const RateShape steps{.shape = ScheduleShape::step, .milestones = {0.6, 0.8}, .factor = 0.5};
  EXPECT_DOUBLE_EQ(rate(steps, 159), 1.1);
  EXPECT_DOUBLE_EQ(rate(steps, 160), 0.55);
  EXPECT_DOUBLE_EQ(rate(steps, 180), 0.275);
}

TEST(LearningRate, AMilestoneIsMetExactly) {
  // 60 of 100 epochs of 312 steps, whatever a product of fractions would round to.
  const RateShape shape{.shape = ScheduleShape::step, .milestones = {0.6}};
  const RateTimes times{.begin = 7, .end = 7 + 312 * 100};
  EXPECT_DOUBLE_EQ(learning_rate(shape, times, 7 + 312 * 60 - 1, 30), 30);
  EXPECT_DOUBLE_EQ(learning_rate(shape, times, 7 + 312 * 60, 30), 3);
}

TEST(LearningRate, TheTableIsOneOfItsShapes) {
  const std::vector<double> table = rate_table(12, 4, 0.5, 0.25);
  const RateShape shape{.shape = ScheduleShape::table, .minimum = 0.25};
  for (std::size_t step = 0; step < table.size(); ++step) {
    EXPECT_EQ(learning_rate(shape, {.begin = 30, .end = 42, .warmup = 4},
                            30 + static_cast<double>(step), 0.5),
              table[step]);
  }
}

TEST(LayerDecay, NumbersLayersFromTheInput) {
  EXPECT_EQ(layer_id("cls_token", 12), 0);
  EXPECT_EQ(layer_id("pos_embed", 12), 0);
  EXPECT_EQ(layer_id("patch_embed.proj.weight", 12), 0);
  EXPECT_EQ(layer_id("blocks.10.norm1.weight", 12), 11);
  EXPECT_EQ(layer_id("head.weight", 12), 13);
  EXPECT_THAT(layer_scales(1, 0.5), testing::ElementsAre(0.25, 0.5, 1.0));
}

}  // namespace
}  // namespace dbot::optim
