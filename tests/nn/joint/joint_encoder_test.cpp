#include "dbot/nn/joint/joint_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/nn/joint/joint_autoencoder.h"
#include "dbot/nn/joint/joint_parameters.h"
#include "dbot/nn/vit/encoder_parameters.h"

namespace dbot::nn {
namespace {

JointConfig small_joint() {
  JointConfig config;
  config.encoder = {.image_size = {8, 8}, .patch_size = 4, .width = 16, .depth = 2, .heads = 2};
  config.decoder = {.width = 8, .depth = 1, .heads = 2};
  config.text_length = 6;
  config.vocabulary = 10;
  return as_joint(config);
}

std::shared_ptr<ParameterStore> drawn_parameters(const JointConfig& config) {
  auto store = std::make_shared<ParameterStore>(joint_parameters(config));
  store->initialise(/*seed=*/3, /*stage=*/0);
  store->freeze();
  return store;
}

class JointEncoderTest : public testing::Test {
 protected:
  JointConfig config_ = small_joint();
  JointEncoder encoder_{config_, drawn_parameters(config_)};
  at::Tensor images_ = at::rand({3, 3, 8, 8});
  at::Tensor ids_ = at::randint(1, 10, {3, 6}, at::kLong);
  at::Tensor padding_ = at::zeros({3, 6});
};

TEST_F(JointEncoderTest, TextAloneHasFeatures) {
  padding_[1].slice(0, 2).fill_(1);
  const auto found =
      encoder_.features({{"text_ids", ids_}, {"text_padding", padding_}}, at::kFloat);
  EXPECT_EQ(found.at("cls").sizes(), (std::vector<std::int64_t>{3, 16}));
  EXPECT_EQ(found.at("mean").sizes(), (std::vector<std::int64_t>{3, 16}));
  // What is padded is not heard: other ids there leave the features as they are.
  const at::Tensor other = ids_.masked_fill(padding_.gt(0.5), 0);
  const auto same =
      encoder_.features({{"text_ids", other}, {"text_padding", padding_}}, at::kFloat);
  EXPECT_TRUE(at::allclose(found.at("cls"), same.at("cls"), 0, 1e-6));
  EXPECT_TRUE(at::allclose(found.at("mean"), same.at("mean"), 0, 1e-6));
}

TEST_F(JointEncoderTest, ImagesAloneAreSeenAsByTheEncoderThatIsHandedOut) {
  auto store = std::make_shared<ParameterStore>(encoder_parameters(config_.encoder));
  store->copy_from(encoder_.image_tensors());
  store->freeze();
  const VisionTransformer alone(config_.encoder, store);
  const auto ours = encoder_.features({{"images", images_}}, at::kFloat);
  const auto theirs = alone.features({{"images", images_}}, at::kFloat);
  EXPECT_TRUE(at::allclose(ours.at("cls"), theirs.at("cls"), 1e-4, 1e-5));
  EXPECT_TRUE(at::allclose(ours.at("mean"), theirs.at("mean"), 1e-4, 1e-5));
}

TEST_F(JointEncoderTest, TypesCanBeSwitchedOff) {
  EXPECT_TRUE(encoder_.parameters()->contains("image_type"));
  config_.type_vectors = false;
  const JointEncoder without(config_, drawn_parameters(config_));
  EXPECT_FALSE(without.parameters()->contains("image_type"));
  EXPECT_FALSE(at::allclose(without.features({{"images", images_}}, at::kFloat).at("cls"),
                            encoder_.features({{"images", images_}}, at::kFloat).at("cls")));
}

TEST_F(JointEncoderTest, RefusesIdsOutsideTheVocabularyAndLongerTexts) {
  const auto embed = [&](const at::Tensor& ids) {
    return encoder_.embed({.text = TextTokens{ids, at::zeros(ids.sizes())}});
  };
  EXPECT_NO_THROW(embed(ids_));
  EXPECT_THROW(embed(ids_ + 9), Error);
  EXPECT_THROW(embed(ids_ - 10), Error);
  EXPECT_THROW(embed(ids_.repeat({1, 2})), Error);
  EXPECT_THROW(encoder_.embed({}), Error);
}

TEST_F(JointEncoderTest, BlocksGiveTheTokensOfTheLastBlock) {
  const std::vector<std::int64_t> wanted{1, 2};
  const auto tokens = encoder_.tokens({{"images", images_}}, at::kFloat, wanted);
  ASSERT_EQ(tokens.size(), 2U);
  const auto features = encoder_.features({{"images", images_}}, at::kFloat);
  EXPECT_TRUE(at::allclose(tokens[1].cls, features.at("cls"), 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(tokens[1].mean, features.at("mean"), 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(tokens[0].cls, features.at("cls"), 1e-5, 1e-6));
  const auto view = encoder_.view_patches({{"images", images_}}, at::kFloat);
  ASSERT_TRUE(view);
  EXPECT_TRUE(at::allclose(view->features, tokens[1].patches, 1e-5, 1e-6));
}

}  // namespace
}  // namespace dbot::nn
