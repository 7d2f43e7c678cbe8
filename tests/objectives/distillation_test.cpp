// Scales of targets, losses on ids, and which of a teacher's features are the target.
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/core/error.h"
#include "dbot/objectives/loss.h"
#include "dbot/objectives/target.h"
#include "dbot/objectives/teacher.h"

namespace dbot::objectives {
namespace {

TEST(Normalisations, FollowTheirFormulas) {
  const at::Tensor values = at::tensor({3.F, 4.F});
  EXPECT_TRUE(at::equal(normalised(values, Normalisation::none), values));
  // Deviation ½ by n, √½ by n − 1.
  EXPECT_NEAR(normalised(values, Normalisation::layer_norm)[1].item<double>(),
              0.5 / std::sqrt(0.25 + 1e-5), 1e-6);
  EXPECT_NEAR(normalised(values, Normalisation::variance)[1].item<double>(),
              0.5 / std::sqrt(0.5 + 1e-6), 1e-6);
  EXPECT_TRUE(at::allclose(normalised(values, Normalisation::l2), at::tensor({0.6F, 0.8F})));
  EXPECT_EQ(normalised(at::zeros({3}), Normalisation::l2).abs().sum().item<double>(), 0);
}

TEST(Normalisations, OneScaleHasThreeNames) {
  const at::Tensor values = at::rand({3, 7});
  for (const auto name : {Normalisation::token, Normalisation::patch, Normalisation::variance}) {
    EXPECT_TRUE(is_standardised(name));
    EXPECT_TRUE(at::equal(normalised(values, name), standardise(values)));
  }
  for (const auto name : {Normalisation::none, Normalisation::layer_norm, Normalisation::l2}) {
    EXPECT_FALSE(is_standardised(name));
  }
}

TEST(TokenIds, TheLossOfBeitIsTheCrossEntropyOfMaskedTokens) {
  const at::Tensor logits = at::tensor({0.F, 1.F, 2.F, 3.F, 0.F, 0.F}).view({1, 2, 3});
  const at::Tensor ids = at::tensor({2, 0}, at::kLong).view({1, 2});
  const double first = std::log(1 + std::exp(1) + std::exp(2)) - 2;
  const double second = std::log(std::exp(3) + 2) - 3;
  const at::Tensor losses = token_id_loss(logits, ids);
  EXPECT_NEAR(losses[0][0].item<double>(), first, 1e-6);
  EXPECT_NEAR(losses[0][1].item<double>(), second, 1e-6);
  EXPECT_NEAR(masked_mean(losses, at::tensor({0.F, 1.F}).view({1, 2})).item<double>(), second,
              1e-6);
  EXPECT_THROW(token_id_loss(logits, ids.view({2})), Error);
  EXPECT_THROW(token_id_loss(logits, ids.to(at::kFloat)), Error);
}

TEST(MaskedMeanOfNothing, IsAnError) {
  EXPECT_THROW(masked_mean(at::rand({2, 3}), at::zeros({2, 3})), Error);
}

/// CLIP's tower in small: with a norm before its blocks and a last matrix.
class TowerTeacher : public testing::Test {
 protected:
  TowerTeacher() {
    config_.image_size = {8, 8};
    config_.patch_size = 4;
    config_.width = 16;
    config_.heads = 2;
    config_.depth = 3;
    config_.projection = 6;
    config_.norm_before = true;
    config_.patch_bias = false;
    store_ = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(config_));
    store_->initialise(1, 0);
  }

  at::Tensor features(const FeatureConfig& wanted, const at::Tensor& rows = {}) const {
    return Teacher(config_, store_, wanted)
        .features(images_, at::kFloat, Normalisation::none, rows);
  }

  /// What the last block of a network of so many blocks gives.
  at::Tensor behind(std::int64_t blocks) const {
    nn::EncoderConfig shallow = config_;
    shallow.depth = blocks;
    return Teacher(shallow, store_, {.output = TeacherOutput::last_block})
        .features(images_, at::kFloat, Normalisation::none);
  }

  nn::EncoderConfig config_;
  std::shared_ptr<nn::ParameterStore> store_;
  at::Tensor images_ = at::rand({2, 3, 8, 8});
};

TEST_F(TowerTeacher, SaysWhatItGives) {
  const at::Tensor last = features({.output = TeacherOutput::last_block});
  EXPECT_EQ(last.sizes(), (at::IntArrayRef{2, 5, 16}));
  const at::Tensor normed = features({.output = TeacherOutput::ln_post});
  EXPECT_TRUE(at::allclose(normed, normalised(last, Normalisation::layer_norm), 1e-3, 1e-3));
  EXPECT_FALSE(at::allclose(normed, last, 1e-2, 1e-2));
  const at::Tensor mean = features({.mean_of_blocks = 2, .output = TeacherOutput::mean_of_last});
  EXPECT_TRUE(at::allclose(mean, (behind(2) + behind(3)) / 2, 1e-5, 1e-6));
  EXPECT_TRUE(at::equal(last, behind(3)));
  EXPECT_EQ(features({.final_norm = true}).size(2), 6);
}

TEST_F(TowerTeacher, GivesTheTokensThatAreAskedFor) {
  const at::Tensor rows = at::tensor({2, 1, 3, 4}, at::kLong).view({2, 2});
  for (const auto output :
       {TeacherOutput::last_block, TeacherOutput::ln_post, TeacherOutput::mean_of_last}) {
    const FeatureConfig wanted{.mean_of_blocks = 3, .output = output};
    const at::Tensor all = features(wanted), some = features(wanted, rows);
    EXPECT_TRUE(at::allclose(some[0][0], all[0][2], 1e-5, 1e-6));
    EXPECT_TRUE(at::allclose(some[1][1], all[1][4], 1e-5, 1e-6));
  }
}

TEST_F(TowerTeacher, OneBlockIsNoMeanOfMoreThanThereAre) {
  EXPECT_NO_THROW(features({.mean_of_blocks = 4, .output = TeacherOutput::last_block}));
  EXPECT_THROW(features({.mean_of_blocks = 4, .output = TeacherOutput::mean_of_last}), Error);
}

TEST(ResizedImages, KeepThoseOfTheSize) {
  const at::Tensor images = at::rand({1, 3, 6, 8});
  EXPECT_TRUE(at::equal(resized_images(images, {6, 8}, ImageResize::bilinear).pixels, images));
  // Half-pixel centres: 2 → 1 is the mean of four, bilinear; bicubic looks further.
  const at::Tensor halved = resized_images(images, {3, 4}, ImageResize::bilinear).pixels;
  EXPECT_NEAR(halved[0][0][1][1].item<double>(),
              images.select(1, 0).slice(1, 2, 4).slice(2, 2, 4).mean().item<double>(), 1e-6);
  EXPECT_FALSE(at::allclose(halved, resized_images(images, {3, 4}, ImageResize::bicubic).pixels,
                            1e-3, 1e-3));
}

}  // namespace
}  // namespace dbot::objectives
