#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/objectives/loss.h"
#include "dbot/objectives/target.h"
#include "dbot/objectives/teacher.h"

namespace dbot::objectives {
namespace {

double loss_of(LossKind kind, std::vector<float> prediction, double beta = 2.0) {
  const at::Tensor values = at::tensor(prediction);
  return token_loss(values, at::zeros(values.sizes()), {.kind = kind, .beta = beta}).item<double>();
}

TEST(TokenLoss, FollowsItsFormulas) {
  EXPECT_NEAR(loss_of(LossKind::smooth_l1, {1, -3}), (0.25 + 2.0) / 2, 1e-6);
  EXPECT_NEAR(loss_of(LossKind::smooth_l1, {1, -3}, 0.5), (0.75 + 2.75) / 2, 1e-6);
  EXPECT_NEAR(loss_of(LossKind::mse, {1, -3}), 5, 1e-6);
  EXPECT_NEAR(loss_of(LossKind::l2, {1, -3}), 5, 1e-6);
  EXPECT_NEAR(loss_of(LossKind::l1, {1, -3}), 2, 1e-6);
  const LossConfig cosine{.kind = LossKind::cosine};
  const at::Tensor a = at::tensor({3.f, 4.f});
  EXPECT_NEAR(token_loss(a, a * 2, cosine).item<double>(), 0, 1e-6);
  EXPECT_NEAR(token_loss(a, -a, cosine).item<double>(), 2, 1e-6);
  EXPECT_NEAR(token_loss(a, a * 0, cosine).item<double>(), 1, 1e-6);
}

TEST(MaskedMean, CountsMaskedTokensOverTheBatch) {
  const at::Tensor losses = at::tensor({1.f, 2.f, 4.f, 8.f}).view({2, 2});
  const at::Tensor mask = at::tensor({0.f, 1.f, 1.f, 1.f}).view({2, 2});
  EXPECT_NEAR(masked_mean(losses, mask).item<double>(), 14.0 / 3, 1e-6);
}

TEST(Standardise, UsesTheUnbiasedVariance) {
  const at::Tensor values = standardise(at::tensor({1.f, 3.f}), 0);
  EXPECT_NEAR(values[1].item<double>(), 1 / std::sqrt(2.0), 1e-6);
  EXPECT_EQ(standardise(at::tensor({2.f, 2.f})).abs().sum().item<double>(), 0);
}

nn::EncoderConfig small_config() {
  nn::EncoderConfig config;
  config.image_size = {8, 8};
  config.patch_size = 4;
  config.width = 16;
  config.heads = 2;
  config.depth = 2;
  return config;
}

std::shared_ptr<nn::ParameterStore> drawn_store(std::uint64_t seed) {
  auto store = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(small_config()));
  store->initialise(seed, 0);
  return store;
}

TEST(Teacher, NeverBuildsAGraphAndAppliesItsNormOnlyWhenAsked) {
  const at::Tensor images = at::rand({2, 3, 8, 8});
  const Teacher plain(small_config(), drawn_store(1), {});
  const Teacher normed(small_config(), drawn_store(1), {.final_norm = true});
  const at::Tensor raw = plain.features(images, at::kFloat, Normalisation::none);
  EXPECT_FALSE(raw.requires_grad());
  EXPECT_EQ(raw.sizes(), (at::IntArrayRef{2, 5, 16}));
  const at::Tensor features = normed.features(images, at::kFloat, Normalisation::none);
  EXPECT_NEAR(features.mean(-1).abs().max().item<double>(), 0, 1e-5);
  EXPECT_FALSE(at::allclose(raw, features, 1e-2, 1e-2));
  EXPECT_TRUE(at::allclose(plain.features(images, at::kFloat, Normalisation::token),
                           standardise(raw), 1e-5, 1e-6));
}

TEST(Teacher, LowPrecisionCopiesFollowTheParameters) {
  const auto store = drawn_store(1);
  const Teacher teacher(small_config(), store, {});
  const at::Tensor images = at::rand({2, 3, 8, 8});
  const auto low = [&] { return teacher.features(images, at::kBFloat16, Normalisation::none); };
  const at::Tensor before = low();
  EXPECT_TRUE(at::equal(low(), before));
  store->copy_from(drawn_store(2)->named());
  const at::Tensor exact = teacher.features(images, at::kFloat, Normalisation::none);
  EXPECT_TRUE(at::allclose(low(), exact, 5e-2, 5e-2));
  EXPECT_FALSE(at::allclose(before, exact, 5e-2, 5e-2));
}

TEST(Teacher, ResizesImagesOfAnotherSize) {
  const Teacher teacher(small_config(), drawn_store(1), {});
  EXPECT_EQ(teacher.features(at::rand({1, 3, 12, 12}), at::kFloat, Normalisation::none).size(1), 5);
}

TEST(Teacher, TheMeanOfItsLastBlocksIsTheMeanOfWhatTheyGive) {
  const at::Tensor images = at::rand({2, 3, 8, 8});
  const auto features = [&](std::int64_t depth, std::int64_t averaged, const at::Tensor& rows) {
    nn::EncoderConfig config = small_config();
    config.depth = depth;
    auto store = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(config));
    store->copy_from(drawn_store(1)->named());
    return Teacher(config, store, {.mean_of_blocks = averaged})
        .features(images, at::kFloat, Normalisation::none, rows);
  };
  const at::Tensor expected = (features(1, 1, {}) + features(2, 1, {})) / 2;
  const at::Tensor mean = features(2, 2, {});
  EXPECT_TRUE(at::allclose(mean, expected, 1e-5, 1e-6));
  const at::Tensor rows = at::tensor({0, 3, 1, 4}, at::kLong).view({2, 2});
  const at::Tensor some = features(2, 2, rows);
  EXPECT_TRUE(at::allclose(some[0][1], mean[0][3], 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(some[1][0], mean[1][1], 1e-5, 1e-6));
  EXPECT_THROW(features(2, 3, {}), Error);
}

TEST(Teacher, ATowerWithALastMatrixNormsItsClsTokenAlways) {
  nn::EncoderConfig config = small_config();
  config.projection = 6;
  config.norm_before = true;
  config.patch_bias = false;
  config.gelu = nn::Gelu::quick;
  auto store = std::make_shared<nn::ParameterStore>(nn::encoder_parameters(config));
  store->initialise(1, 0);
  const at::Tensor images = at::rand({2, 3, 8, 8});
  const Teacher patches_too(config, store, {.final_norm = true}), cls_alone(config, store, {});
  const at::Tensor all = patches_too.features(images, at::kFloat, Normalisation::none);
  const at::Tensor some = cls_alone.features(images, at::kFloat, Normalisation::none);
  EXPECT_EQ(all.sizes(), (at::IntArrayRef{2, 5, 6}));
  EXPECT_TRUE(at::allclose(all.select(1, 0), some.select(1, 0), 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(all.select(1, 1), some.select(1, 1), 1e-2, 1e-2));
  const at::Tensor rows = at::tensor({2, 0, 0, 4}, at::kLong).view({2, 2});
  const at::Tensor chosen = cls_alone.features(images, at::kFloat, Normalisation::none, rows);
  EXPECT_TRUE(at::allclose(chosen[0][1], some[0][0], 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(chosen[0][0], some[0][2], 1e-5, 1e-6));
}

TEST(MatchingImageSize, GivesTheStudentsGrid) {
  nn::EncoderConfig student;
  EXPECT_EQ(matching_image_size(student, 14), (core::Size{196, 196}));
  student.image_size = {32, 64};
  EXPECT_EQ(matching_image_size(student, 8), (core::Size{16, 32}));
  EXPECT_THROW(matching_image_size(student, 0), UsageError);
}

}  // namespace
}  // namespace dbot::objectives
