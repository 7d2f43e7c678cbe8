#include "dbot/run/recipe/recipe_for_weights.h"

#include <gtest/gtest.h>

#include "dbot/core/error.h"

namespace dbot::run {
namespace {

exchange::EncoderDescription odd_encoder() {
  exchange::EncoderDescription description;
  description.config = {.image_size = {24, 32},
                        .channels = 1,
                        .patch_size = 8,
                        .width = 60,
                        .depth = 3,
                        .heads = 5,
                        .mlp_ratio = 2.5,
                        .layer_norm_eps = 1e-3};
  description.mean = {0.1};
  description.std = {0.3};
  return description;
}

const RecipeText kBareFinetuning{"test.toml",
                                 "[method]\nkind = \"classification\"\n[schedule]\nepochs = 1\n"};

const methods::ClassificationConfig& method_of(const Recipe& recipe) {
  return std::get<methods::ClassificationConfig>(recipe.method);
}

TEST(RecipeForWeights, WhatNobodySaysIsTheNetworks) {
  const Recipe recipe = recipe_for_weights(kBareFinetuning, odd_encoder(), {});
  EXPECT_EQ(method_of(recipe).encoder, odd_encoder().config);
  EXPECT_EQ(recipe.data.mean, odd_encoder().mean);
  EXPECT_EQ(recipe.data.std, odd_encoder().std);
  EXPECT_NO_THROW(check(recipe));
}

TEST(RecipeForWeights, TextAndAssignmentsWin) {
  RecipeText text = kBareFinetuning;
  text.text += "[model]\nimage_size = 48\n[data]\nmean = [0.5]\nstd = [0.5]\n";
  const Recipe recipe = recipe_for_weights(text, odd_encoder(), {"model.depth=2"});
  EXPECT_EQ(method_of(recipe).encoder.image_size, (core::Size{48, 48}));
  EXPECT_EQ(method_of(recipe).encoder.depth, 2);
  EXPECT_EQ(method_of(recipe).encoder.width, 60);
  EXPECT_EQ(recipe.data.mean, (std::vector<double>{0.5}));
}

TEST(RecipeForWeights, OtherChannelsAreMeasured) {
  EXPECT_TRUE(
      recipe_for_weights(kBareFinetuning, odd_encoder(), {"model.channels=3"}).data.mean.empty());
}

TEST(RecipeForWeights, EachBlockGetsATableOfRelativePositions) {
  exchange::EncoderDescription symmetric = odd_encoder();
  symmetric.config.position_table = false;
  symmetric.config.key_bias = false;
  symmetric.config.layer_scale = 0.1;
  symmetric.config.relative_positions = nn::RelativePositions::shared;
  const nn::EncoderConfig found =
      method_of(recipe_for_weights(kBareFinetuning, symmetric, {})).encoder;
  symmetric.config.relative_positions = nn::RelativePositions::each_block;
  EXPECT_EQ(found, symmetric.config);
}

TEST(RecipeForWeights, APatchThatDoesNotFitIsRefused) {
  const Recipe recipe = recipe_for_weights(kBareFinetuning, odd_encoder(), {"model.image_size=30"});
  EXPECT_THROW(check(recipe), UsageError);
}

}  // namespace
}  // namespace dbot::run
