#include "dbot/nn/clip/clip_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/nn/clip/clip_autoencoder.h"
#include "dbot/nn/clip/clip_parameters.h"

namespace dbot::nn {
namespace {

using testing::ElementsAre;

ClipConfig small_clip() {
  ClipConfig config;
  config.encoder = {.image_size = {8, 8}, .patch_size = 4, .width = 16, .depth = 2, .heads = 2};
  config.decoder = {.width = 8, .depth = 1, .heads = 2};
  config.frames = 6;
  config.predicted_frames = 3;
  return config;
}

std::shared_ptr<ParameterStore> drawn_clip_parameters(const ClipConfig& config) {
  auto store = std::make_shared<ParameterStore>(clip_parameters(config));
  store->initialise(/*seed=*/3, /*stage=*/0);
  return store;
}

double spread_of(const at::Tensor& values) {
  return values.std().item<double>();
}

TEST(ClipParameters, StartAsPublished) {
  ClipConfig config = small_clip();
  config.encoder.width = config.decoder.width = 64;
  const auto store = drawn_clip_parameters(config);
  // Uniform within sqrt(6/(in + out)); queries, keys and values count as matrices of their own.
  const double bound = std::sqrt(6.0 / 128);
  EXPECT_NEAR(store->at("blocks.0.attn.qkv.weight").abs().max().item<double>(), bound, 0.02);
  EXPECT_NEAR(store->at("patch_embed.proj.weight").abs().max().item<double>(),
              std::sqrt(6.0 / (96 + 64)), 0.02);
  EXPECT_NEAR(spread_of(store->at("pos_embed_spatial")), 0.02, 0.005);
  EXPECT_NEAR(spread_of(store->at("decoder_pos_embed_temporal")), 0.02, 0.005);
  EXPECT_NEAR(spread_of(store->at("mask_token")), 0.02, 0.01);
  EXPECT_NEAR(spread_of(store->at("cls_token")), 0.02, 0.01);
  for (const char* name : {"decoder_cls_token", "patch_embed.proj.bias", "decoder_pred.bias"}) {
    EXPECT_EQ(store->at(name).abs().max().item<float>(), 0) << name;
  }
}

TEST(ClipParameters, EverythingButVectorsHasWeightDecay) {
  for (const ParameterSpec& spec : clip_parameters(small_clip())) {
    EXPECT_EQ(spec.decayed(), spec.shape.size() > 1) << spec.name;
  }
}

TEST(ClipParameters, AreThereAsTheConfigurationAsks) {
  const auto has = [](const ClipConfig& config, const std::string& name) {
    return std::ranges::any_of(clip_parameters(config),
                               [&](const ParameterSpec& spec) { return spec.name == name; });
  };
  ClipConfig config = small_clip();
  EXPECT_TRUE(has(config, "pos_embed_class"));
  EXPECT_TRUE(has(config, "decoder_pos_embed_spatial"));
  EXPECT_TRUE(has(config, "blocks.1.attn.qkv.bias"));
  config.encoder.class_token = config.attention_bias = false;
  for (const char* name : {"cls_token", "decoder_cls_token", "pos_embed_class",
                           "blocks.1.attn.qkv.bias", "decoder_blocks.0.attn.qkv.bias"}) {
    EXPECT_FALSE(has(config, name)) << name;
  }
  config.positions = ClipPositions::learned;
  EXPECT_TRUE(has(config, "pos_embed"));
  EXPECT_FALSE(has(config, "pos_embed_spatial"));
  config.positions = ClipPositions::sincos;
  EXPECT_FALSE(has(config, "pos_embed"));
}

TEST(ClipConfigTest, RefusesWhatDoesNotFit) {
  const auto refused = [](auto change) {
    ClipConfig config = small_clip();
    change(config);
    EXPECT_THROW(check(config), UsageError);
  };
  EXPECT_NO_THROW(check(small_clip()));
  refused([](ClipConfig& config) { config.tubelet = 4; });
  refused([](ClipConfig& config) { config.tubelet = 0; });
  refused([](ClipConfig& config) { config.frames = 0; });
  refused([](ClipConfig& config) { config.predicted_frames = 4; });
  refused([](ClipConfig& config) { config.predicted_frames = 12; });
  refused([](ClipConfig& config) { config.encoder.image_size = {8, 16}; });
  refused([](ClipConfig& config) { config.encoder.layer_scale = 0.1; });
}

class ClipEncoderTest : public testing::TestWithParam<ClipPositions> {
 protected:
  ClipEncoderTest() { config_.positions = GetParam(); }

  ClipConfig config_ = small_clip();
  at::Tensor clips_ = at::rand({2, 3, 6, 8, 8});
};

TEST_P(ClipEncoderTest, VisibleTokensAreEmbeddedAsAmongAll) {
  for (const bool class_token : {true, false}) {
    config_.encoder.class_token = class_token;
    const ClipEncoder encoder(config_, drawn_clip_parameters(config_));
    const at::Tensor all = encoder.embed(clips_);
    ASSERT_EQ(all.sizes(), (at::IntArrayRef{2, config_.prefix() + 12, 16}));
    const at::Tensor keep =
        at::argsort(at::rand({2, 12}), /*stable=*/true, 1, /*descending=*/false).slice(1, 0, 5);
    const at::Tensor some = encoder.embed(clips_, keep);
    const at::Tensor rows = (keep + config_.prefix()).unsqueeze(-1).expand({2, 5, 16});
    EXPECT_TRUE(at::allclose(some.slice(1, config_.prefix()), all.gather(1, rows), 0, 1e-6));
    if (class_token) {
      EXPECT_TRUE(at::equal(some.select(1, 0), all.select(1, 0)));
    }
  }
}

TEST_P(ClipEncoderTest, TablesThatAreParametersAreTrained) {
  const auto store = drawn_clip_parameters(config_);
  const ClipAutoencoder network(config_, store);
  const at::Tensor order = at::argsort(at::rand({2, 12}), /*stable=*/true, 1, /*descending=*/false);
  const at::Tensor restore = at::argsort(order, /*stable=*/true, 1, /*descending=*/false);
  const at::Tensor latent = network.encode(clips_, order.slice(1, 0, 5), at::kFloat);
  network.decode(latent, restore, at::kFloat).square().mean().backward();
  for (const ParameterSpec& spec : store->specs()) {
    EXPECT_GT(store->at(spec.name).grad().abs().max().item<float>(), 0) << spec.name;
  }
}

TEST_P(ClipEncoderTest, ATokenIsPredictedByItselfAsAmongAll) {
  const ClipAutoencoder network(config_, drawn_clip_parameters(config_));
  const at::Tensor order = at::argsort(at::rand({2, 12}), /*stable=*/true, 1, /*descending=*/false);
  const at::Tensor restore = at::argsort(order, /*stable=*/true, 1, /*descending=*/false);
  const at::Tensor latent = network.encode(clips_, order.slice(1, 0, 5), at::kFloat);
  const at::Tensor rows = order.slice(1, 5);
  const at::Tensor all = network.decode(latent, restore, at::kFloat);
  ASSERT_EQ(all.sizes(), (at::IntArrayRef{2, 12, 48}));
  const at::Tensor some = network.decode(latent, restore, at::kFloat, rows);
  EXPECT_TRUE(at::allclose(some, all.gather(1, rows.unsqueeze(-1).expand({2, 7, 48})), 1e-4, 1e-5));
}

TEST_P(ClipEncoderTest, AnImageIsAClipInWhichNothingMoves) {
  const ClipEncoder encoder(config_, drawn_clip_parameters(config_));
  EXPECT_THAT(encoder.feature_names(), ElementsAre("cls", "mean"));
  const at::Tensor images = at::rand({2, 3, 8, 8});
  const at::Tensor still = images.unsqueeze(2).repeat({1, 1, 6, 1, 1});
  const auto of_images = encoder.features({{"images", images}}, at::kFloat);
  const auto of_clips = encoder.features({{"clips", still}}, at::kFloat);
  for (const auto& [name, value] : of_images) {
    EXPECT_EQ(value.sizes(), (at::IntArrayRef{2, 16}));
    EXPECT_TRUE(at::equal(value, of_clips.at(name))) << name;
  }
  const auto moving = encoder.features({{"clips", clips_}}, at::kFloat);
  const auto backwards = encoder.features({{"clips", clips_.flip({2})}}, at::kFloat);
  EXPECT_FALSE(at::allclose(moving.at("mean"), backwards.at("mean")));
}

TEST_P(ClipEncoderTest, RefusesClipsOfAnotherSize) {
  const ClipEncoder encoder(config_, drawn_clip_parameters(config_));
  EXPECT_THROW(encoder.embed(at::rand({2, 3, 4, 8, 8})), Error);
  EXPECT_THROW(encoder.embed(at::rand({2, 3, 6, 8, 12})), Error);
  EXPECT_THROW(encoder.embed(at::rand({2, 3, 8, 8})), Error);
}

INSTANTIATE_TEST_SUITE_P(Positions, ClipEncoderTest,
                         testing::Values(ClipPositions::sincos, ClipPositions::learned,
                                         ClipPositions::separable));

TEST(SincosClipTable, TellsPlacesAndStepsApart) {
  const ClipConfig config = small_clip();
  const at::Tensor table = sincos_clip_table(config, 16);
  ASSERT_EQ(table.sizes(), (at::IntArrayRef{13, 16}));
  EXPECT_EQ(table[0].abs().max().item<double>(), 0);
  for (std::int64_t i = 1; i < 13; ++i) {
    for (std::int64_t k = 1; k < i; ++k) {
      EXPECT_GT((table[i] - table[k]).abs().max().item<double>(), 0.1) << i << " and " << k;
    }
  }
}

}  // namespace
}  // namespace dbot::nn
