#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/nn/vit/masked_autoencoder.h"

namespace dbot::nn {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

EncoderConfig small_encoder() {
  EncoderConfig config;
  config.image_size = {8, 12};
  config.channels = 2;
  config.patch_size = 4;
  config.width = 8;
  config.depth = 2;
  config.heads = 2;
  return config;
}

MaskedAutoencoderConfig small_student() {
  MaskedAutoencoderConfig config;
  config.encoder = small_encoder();
  config.decoder = {4, 1, 2};
  config.prediction_width = 5;
  return config;
}

MaskedAutoencoder drawn(const MaskedAutoencoderConfig& config) {
  auto store = std::make_shared<ParameterStore>(masked_autoencoder_parameters(config));
  store->initialise(1, 0);
  return {config, std::move(store)};
}

TEST(Parameters, StandInTheOrderOfOfficialOptimizerStates) {
  MaskedAutoencoderConfig config = small_student();
  config.encoder.depth = 1;
  std::vector<std::string> names;
  for (const ParameterSpec& spec : masked_autoencoder_parameters(config)) {
    if (!spec.name.starts_with("blocks.0.mlp") && !spec.name.starts_with("decoder_blocks.0.")) {
      names.push_back(spec.name);
    }
  }
  EXPECT_THAT(
      names,
      testing::ElementsAre(
          "cls_token", "pos_embed", "mask_token", "decoder_pos_embed", "patch_embed.proj.weight",
          "patch_embed.proj.bias", "blocks.0.norm1.weight", "blocks.0.norm1.bias",
          "blocks.0.attn.qkv.weight", "blocks.0.attn.qkv.bias", "blocks.0.attn.proj.weight",
          "blocks.0.attn.proj.bias", "blocks.0.norm2.weight", "blocks.0.norm2.bias", "norm.weight",
          "norm.bias", "decoder_embed.weight", "decoder_embed.bias", "decoder_norm.weight",
          "decoder_norm.bias", "decoder_predp.weight", "decoder_predp.bias"));
}

TEST(Parameters, CountAsPublished) {
  MaskedAutoencoderConfig base;  // ViT-B/16 with the dBOT decoder
  std::int64_t all = 0, trainable = 0;
  for (const ParameterSpec& spec : masked_autoencoder_parameters(base)) {
    std::int64_t count = 1;
    for (const std::int64_t side : spec.shape) count *= side;
    all += count;
    trainable += spec.trainable() ? count : 0;
  }
  EXPECT_EQ(all, 111907840);
  EXPECT_EQ(trainable, 111655680);
}

TEST(Encoder, EmbedsAsTheConvolutionDoes) {
  const MaskedAutoencoder student = drawn(small_student());
  const ParameterStore& store = *student.parameters();
  const at::Tensor images = at::rand({3, 2, 8, 12});
  const at::Tensor convolved =
      at::conv2d(images, store.at("patch_embed.proj.weight"), store.at("patch_embed.proj.bias"), 4)
          .flatten(2)
          .transpose(1, 2);
  const at::Tensor tokens = student.encoder().embed(images);
  EXPECT_TRUE(
      at::allclose(tokens.slice(1, 1), convolved + store.at("pos_embed").slice(1, 1), 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(
      tokens.select(1, 0),
      (store.at("cls_token") + store.at("pos_embed").slice(1, 0, 1)).select(1, 0).expand({3, 8})));
}

TEST(Encoder, EmbedsOnlyVisiblePatchesInTheGivenOrder) {
  const MaskedAutoencoder student = drawn(small_student());
  const at::Tensor images = at::rand({2, 2, 8, 12});
  const at::Tensor keep = at::tensor({4, 1, 0, 5}, at::kLong).view({2, 2});
  const at::Tensor all = student.encoder().embed(images);
  const at::Tensor some = student.encoder().embed(images, keep);
  EXPECT_TRUE(at::allclose(some[0][1], all[0][5]));
  EXPECT_TRUE(at::allclose(some[0][2], all[0][2]));
  EXPECT_TRUE(at::allclose(some[1][1], all[1][1]));
  EXPECT_TRUE(at::allclose(some[1][2], all[1][6]));
}

TEST(Encoder, RefusesImagesOfAnotherSize) {
  const MaskedAutoencoder student = drawn(small_student());
  EXPECT_THAT(
      [&] {
        student.encoder().embed(at::rand({1, 2, 8, 8}));
      },
      ThrowsMessage<Error>(HasSubstr("1×2×8×8, expected batch×2×8×12")));
}

TEST(Encoder, ViewsThePatchesThatItsFeaturesAreMadeOf) {
  const MaskedAutoencoder student = drawn(small_student());
  const runtime::NamedTensors inputs = {{"images", at::rand({3, 2, 8, 12})}};
  const auto view = student.encoder().view_patches(inputs, at::kFloat);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->grid, (core::Size{2, 3}));
  EXPECT_EQ(view->attention.sizes(), (std::vector<std::int64_t>{3, 2, 6}));
  EXPECT_TRUE((view->attention.sum(-1) < 1).all().item<bool>());  // the rest is the cls token's
  const at::Tensor mean = student.encoder().features(inputs, at::kFloat).at("mean");
  EXPECT_TRUE(at::allclose(view->features.mean(1), mean, 1e-5, 1e-6));
}

TEST(Decoder, PutsTokensBackInImageOrder) {
  const MaskedAutoencoder student = drawn(small_student());
  const ParameterStore& store = *student.parameters();
  const at::Tensor shuffle = at::tensor({3, 0, 5, 1, 2, 4}, at::kLong).view({1, 6});
  const at::Tensor restore = at::argsort(shuffle, /*stable=*/true, 1, /*descending=*/false);
  const at::Tensor latent = at::rand({1, 3, 8});
  const at::Tensor tokens = student.decoder_tokens(latent, restore, at::kFloat);
  const at::Tensor bare = tokens - store.at("decoder_pos_embed");
  EXPECT_TRUE(at::allclose(bare[0][1 + 1], store.at("mask_token")[0][0], 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(bare[0][1 + 3], store.at("mask_token")[0][0], 1e-5, 1e-6));
  EXPECT_FALSE(at::allclose(bare[0][1 + 0], bare[0][1 + 3]));
  EXPECT_EQ(student.decode(latent, restore, at::kFloat).size(2), 5);
}

TEST(DropPath, ScalesKeptBranchesAndSkipsTheFirstBlock) {
  EXPECT_DOUBLE_EQ(drop_path_rate(0.3, 2, 4), 0.2);
  EXPECT_DOUBLE_EQ(drop_path_rate(0.3, 0, 1), 0.0);
  const DropPath path{0.5, at::tensor({9.f, 9.f, 9.f, 9.f, 0.4f, 0.6f, 0.5f, 0.49f}).view({4, 2})};
  EXPECT_FALSE(path.scales(0, 2).attention.defined());
  EXPECT_TRUE(at::equal(path.scales(1, 2).attention, at::tensor({0.f, 2.f})));
  EXPECT_TRUE(at::equal(path.scales(1, 2).mlp, at::tensor({2.f, 0.f})));
  EXPECT_FALSE(DropPath{}.scales(1, 2).mlp.defined());
  // A constant rate is there from the first block on: floor(1 − 0.25 + draw)/(1 − 0.25).
  DropPath constant{.maximum = 0.25, .draws = at::full({4, 1}, 0.1), .constant = true};
  EXPECT_FLOAT_EQ(constant.scales(0, 2).attention.item<float>(), 0);
  constant.draws.fill_(0.5);
  EXPECT_FLOAT_EQ(constant.scales(0, 2).mlp.item<float>(), 1 / 0.75F);
}

TEST(Decoder, MayBeginWithAnEmbeddingThatIsAlreadyMade) {
  MaskedAutoencoderConfig config = small_student();
  const MaskedAutoencoder one = drawn(config);
  const at::Tensor latent = at::rand({2, 1 + 2, 8});
  const at::Tensor ids_restore =
      at::argsort(at::rand({2, config.encoder.patches()}), /*dim=*/1, /*descending=*/false);
  const at::Tensor whole = one.decode(latent, ids_restore, at::kFloat);
  EXPECT_TRUE(at::equal(
      one.decode_embedded(one.embed_latent(latent, at::kFloat), ids_restore, at::kFloat), whole));
  // Two embeddings before one decoder: each has its own name, and there is no third.
  config.embedding_names = {"decoder_embed1", "decoder_embed2"};
  const MaskedAutoencoder two = drawn(config);
  EXPECT_FALSE(two.parameters()->contains("decoder_embed.weight"));
  EXPECT_FALSE(
      at::equal(two.embed_latent(latent, at::kFloat, 0), two.embed_latent(latent, at::kFloat, 1)));
}

TEST(Config, NamesWhatDoesNotFit) {
  EncoderConfig config = small_encoder();
  EXPECT_NO_THROW(check(config, "model"));
  config.patch_size = 5;
  EXPECT_THAT([&] { check(config, "model"); },
              ThrowsMessage<UsageError>(HasSubstr("model.patch_size is 5")));
  config = small_encoder();
  config.heads = 3;
  EXPECT_THROW(check(config, "model"), UsageError);
  config = small_encoder();
  config.width = 6;
  EXPECT_THROW(check(config, "teacher"), UsageError);
  EXPECT_THROW(check(DecoderConfig{8, -1, 2}), UsageError);
}

}  // namespace
}  // namespace dbot::nn
