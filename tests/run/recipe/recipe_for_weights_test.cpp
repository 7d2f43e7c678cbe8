#include "dbot/run/recipe/recipe_for_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/nn/vit/encoder_parameters.h"
#include "tests/core/temporary_folder.h"

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

TEST(RecipeForWeights, TheGeluIsThatOfTheWeights) {
  exchange::EncoderDescription joint = odd_encoder();
  EXPECT_EQ(to_toml(recipe_for_weights(kBareFinetuning, joint, {})).find("gelu"),
            std::string::npos);
  joint.config.gelu = nn::Gelu::tanh;
  const Recipe recipe = recipe_for_weights(kBareFinetuning, joint, {});
  EXPECT_EQ(method_of(recipe).encoder, joint.config);
  EXPECT_NE(to_toml(recipe).find("gelu = \"tanh\""), std::string::npos);
  // A frozen tower of CLIP cannot be trained on.
  joint.config.gelu = nn::Gelu::quick;
  EXPECT_THROW(recipe_for_weights(kBareFinetuning, joint, {}), UsageError);
}

TEST(RecipeForWeights, APatchThatDoesNotFitIsRefused) {
  const Recipe recipe = recipe_for_weights(kBareFinetuning, odd_encoder(), {"model.image_size=30"});
  EXPECT_THROW(check(recipe), UsageError);
}

/// A recipe of another network, and the file of one of width 24.
class RecipeWithStart : public testing::Test {
 protected:
  RecipeWithStart() {
    const nn::EncoderConfig shape{.image_size = {16, 16},
                                  .channels = 3,
                                  .patch_size = 4,
                                  .width = 24,
                                  .depth = 3,
                                  .heads = 2};
    nn::ParameterStore store(nn::encoder_parameters(shape));
    exchange::save_encoder(
        file_, {.config = shape, .mean = {0.1, 0.2, 0.3}, .std = {0.4, 0.5, 0.6}}, store.named());
  }

  Recipe read(const std::vector<std::string>& more = {}, const std::string& begun = {}) {
    std::vector<std::string> all{"student.init=file", "student.path=" + file_};
    all.insert(all.end(), more.begin(), more.end());
    return recipe_with_start(text_, all, begun, [this](core::LogLevel, std::string_view line) {
      said_ += std::string(line) + "\n";
    });
  }
  static const nn::EncoderConfig& model(const Recipe& recipe) {
    return std::get<methods::MaskedModelingConfig>(recipe.method).encoder;
  }

  test::TemporaryFolder folder_;
  std::string file_ = (folder_ / "start.safetensors").string();
  RecipeText text_{"test.toml",
                   "[model]\nimage_size = 32\npatch_size = 4\nwidth = 96\ndepth = 12\nheads = 3\n"
                   "[schedule]\nepochs = 2\nwarmup_epochs = 0.5\n"};
  std::string said_;
};

TEST_F(RecipeWithStart, TheNetworkIsTheFilesAndTheImagesAreTheRecipes) {
  const Recipe recipe = read();
  EXPECT_EQ(model(recipe).image_size, (core::Size{32, 32}));
  EXPECT_EQ(model(recipe).width, 24);
  EXPECT_EQ(model(recipe).depth, 3);
  EXPECT_EQ(model(recipe).heads, 2);
  EXPECT_EQ(recipe.data.mean, (std::vector<double>{0.1, 0.2, 0.3}));
  EXPECT_THAT(said_, testing::AllOf(testing::HasSubstr("model.width 24, model.depth 3"),
                                    testing::HasSubstr("model.width 96, model.depth 12")));
  EXPECT_NO_THROW(check(recipe));
}

TEST_F(RecipeWithStart, PixelsOfAFileThatSaysNoNormalisationGetTheUsualOne) {
  exchange::LoadedEncoder stored = exchange::load_encoder(file_);
  stored.description.mean = stored.description.std = {};
  exchange::save_encoder(file_, stored.description, stored.parameters);
  EXPECT_EQ(read().data.mean, (std::vector<double>{0.485, 0.456, 0.406}));
  EXPECT_THAT(said_, testing::HasSubstr("ImageNet's is assumed"));
  EXPECT_EQ(read({"data.mean=[0.5, 0.5, 0.5]", "data.std=[0.2, 0.2, 0.2]"}).data.mean,
            (std::vector<double>{0.5, 0.5, 0.5}));
}

TEST_F(RecipeWithStart, AssignmentsAndThePatchOfTheRecipeAreKept) {
  EXPECT_EQ(model(read({"model.width=48"})).width, 48);
  text_.text.replace(text_.text.find("patch_size = 4"), 14, "patch_size = 8");
  EXPECT_EQ(model(read()).patch_size, 8);
  EXPECT_TRUE(read({"model.channels=1"}).data.mean.empty());
}

TEST_F(RecipeWithStart, ARecipeThatNamesTheFileKeepsWhatItSays) {
  text_.text += "[student]\ninit = \"file\"\npath = \"" + file_ + "\"\n";
  EXPECT_EQ(model(read()).width, 96);
  EXPECT_EQ(said_, "");
}

TEST_F(RecipeWithStart, ARunThatGoesOnNeedsNoFile) {
  const std::string begun = to_toml(read());
  std::filesystem::remove(file_);
  EXPECT_EQ(model(read({}, begun)).width, 24);
  EXPECT_THROW(read(), DataError);
  EXPECT_EQ(model(recipe_with_start(text_, {}, {}, core::silent_log())).width, 96) << "no start";
}

}  // namespace
}  // namespace dbot::run
