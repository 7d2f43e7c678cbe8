#include "dbot/nn/vit/masked_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/nn/position_table.h"

namespace dbot::nn {
namespace {

MaskedEncoderConfig small_config() {
  MaskedEncoderConfig config;
  config.encoder = {{16, 16}, 3, 4, 24, 2, 2};
  config.encoder.position_table = false;
  config.encoder.relative_positions = RelativePositions::shared;
  config.encoder.layer_scale = 0.1;
  config.encoder.key_bias = false;
  config.prediction_width = 10;
  return config;
}

MaskedEncoder drawn() {
  auto store = std::make_shared<ParameterStore>(masked_encoder_parameters(small_config()));
  store->initialise(/*seed=*/3, /*stage=*/0);
  return {small_config(), std::move(store)};
}

TEST(MaskedEncoder, StartsAsTheSymmetricVariantDoes) {
  const MaskedEncoder student = drawn();
  const ParameterStore& store = *student.parameters();
  for (const ParameterSpec& spec : store.specs()) {
    const at::Tensor value = store.at(spec.name).abs();
    if (spec.shape.size() == 1) continue;
    EXPECT_LE(value.max().item<double>(), 0.02) << spec.name;
  }
  EXPECT_LE(store.at("blocks.1.mlp.fc2.weight").abs().max().item<double>(), 0.02 / 2 + 1e-9);
  EXPECT_GT(store.at("blocks.0.mlp.fc2.weight").abs().max().item<double>(), 0.02 / 2);
  EXPECT_EQ(store.at("rel_pos_bias.relative_position_bias_table").abs().max().item<double>(), 0);
  EXPECT_FLOAT_EQ(store.at("blocks.0.gamma_1").min().item<float>(), 0.1F);
  EXPECT_FALSE(store.contains("pos_embed"));
  EXPECT_FALSE(store.contains("blocks.0.attn.qkv.bias"));
}

TEST(MaskedEncoder, TheClsTokenHasNoWeightDecayAndTheMaskTokenHas) {
  const MaskedEncoder student = drawn();
  const ParameterStore& store = *student.parameters();
  EXPECT_LT(store.offset("cls_token"), store.vectors_end());
  EXPECT_GE(store.offset("mask_token"), store.vectors_end());
  EXPECT_GE(store.offset("rel_pos_bias.relative_position_bias_table"), store.vectors_end());
}

TEST(MaskedEncoder, WhatIsMaskedIsNotSeen) {
  const MaskedEncoder student = drawn();
  at::Tensor mask = at::zeros({1, 16});
  mask[0][5] = 1;
  at::Tensor images = at::rand({1, 3, 16, 16});
  const at::Tensor before = student.encode(images, mask, at::kFloat).detach();
  images.slice(2, 4, 8).slice(3, 4, 8).fill_(7);  // patch 5 of 4 × 4
  EXPECT_TRUE(at::equal(student.encode(images, mask, at::kFloat).detach(), before));
  mask[0][5] = 0;
  EXPECT_FALSE(at::equal(student.encode(images, mask, at::kFloat).detach(), before));
}

MaskedEncoder drawn_with_decoder(bool learned) {
  MaskedEncoderConfig config = small_config();
  config.encoder.position_table = true;
  config.decoder = DecoderConfig{.width = 12, .depth = 2, .heads = 3};
  config.learned_positions = learned;
  auto store = std::make_shared<ParameterStore>(masked_encoder_parameters(config));
  store->initialise(/*seed=*/3, /*stage=*/0);
  return {config, std::move(store)};
}

TEST(MaskedEncoder, ADecoderGivesTheTokensThatAreAskedFor) {
  const MaskedEncoder student = drawn_with_decoder(false);
  const at::Tensor tokens =
      student.encode(at::rand({2, 3, 16, 16}), at::zeros({2, 16}), at::kFloat);
  const at::Tensor all = student.predict(tokens, at::kFloat);
  EXPECT_EQ(all.sizes(), at::IntArrayRef({2, 17, 10}));
  const at::Tensor rows = at::tensor({0, 7, 16, 2}, at::kLong).view({2, 2});
  const at::Tensor some = student.predict(tokens, at::kFloat, {}, rows);
  EXPECT_TRUE(at::allclose(some[0][1], all[0][7], 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(some[1][0], all[1][16], 1e-5, 1e-6));
}

TEST(MaskedEncoder, PositionTablesAreTrainedWhereThatIsAskedFor) {
  const MaskedEncoder fixed = drawn_with_decoder(false), learned = drawn_with_decoder(true);
  const at::Tensor table =
      sincos_table_2d(12, {4, 4}, /*rows_first=*/true).unsqueeze(0).to(at::kFloat);
  for (const MaskedEncoder* student : {&fixed, &learned}) {
    EXPECT_TRUE(at::equal(student->parameters()->at("decoder_pos_embed").detach(), table));
  }
  for (const char* name : {"pos_embed", "decoder_pos_embed"}) {
    EXPECT_FALSE(fixed.parameters()->at(name).requires_grad()) << name;
    EXPECT_TRUE(learned.parameters()->at(name).requires_grad()) << name;
    EXPECT_LT(learned.parameters()->offset(name), learned.parameters()->vectors_end()) << name;
  }
  EXPECT_LE(learned.parameters()->at("pos_embed").abs().max().item<double>(), 0.02);
}

TEST(MaskedEncoder, PredictionsHaveTheWidthAskedFor) {
  const MaskedEncoder student = drawn();
  const at::Tensor tokens =
      student.encode(at::rand({2, 3, 16, 16}), at::zeros({2, 16}), at::kFloat);
  EXPECT_EQ(student.predict(tokens, at::kFloat).sizes(), at::IntArrayRef({2, 17, 10}));
}

}  // namespace
}  // namespace dbot::nn
