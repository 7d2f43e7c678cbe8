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
