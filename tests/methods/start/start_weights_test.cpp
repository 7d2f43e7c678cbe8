#include "dbot/methods/start/start_weights.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/methods/classification/classification.h"
#include "tests/core/temporary_folder.h"

namespace dbot::methods {
namespace {

using testing::HasSubstr;

const DataFacts kTwoClasses{.mean = {0.5, 0.5, 0.5}, .std = {0.2, 0.2, 0.2}, .classes = {"a", "b"}};

class StartWeightsTest : public testing::Test {
 protected:
  nn::EncoderConfig model_{
      .image_size = {16, 16}, .channels = 3, .patch_size = 4, .width = 24, .depth = 2, .heads = 2};
  test::TemporaryFolder folder_;
  std::string file_ = (folder_ / "start.safetensors").string();

  /// A file of an encoder without any special value; returns its tensors.
  runtime::NamedTensors save(const nn::EncoderConfig& config) {
    nn::ParameterStore store(nn::encoder_parameters(config));
    for (const auto& [name, tensor] : store.named()) tensor.copy_(at::randn(tensor.sizes()));
    exchange::save_encoder(
        file_, {.config = config, .mean = kTwoClasses.mean, .std = kTwoClasses.std}, store.named());
    return store.named();
  }

  std::unique_ptr<Classification> begun(nn::Pooling pooling = nn::Pooling::mean) {
    ClassificationConfig config;
    config.encoder = model_;
    config.pooling = pooling;
    config.start = StartKind::file;
    config.start_path = file_;
    auto method = std::make_unique<Classification>(config);
    method->see_data(kTwoClasses);
    method->begin_stage(0);
    return method;
  }

  std::string refusal() {
    try {
      load_start_weights(file_, model_);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "no UsageError";
  }
};

TEST_F(StartWeightsTest, HeadAndItsNormAloneAreNew) {
  const runtime::NamedTensors stored = save(model_);
  for (const auto pooling : {nn::Pooling::mean, nn::Pooling::cls}) {
    const auto method = begun(pooling);
    for (const auto& spec : method->parameters().specs()) {
      const bool fresh = spec.name.starts_with("head.") || spec.name.starts_with("fc_norm.");
      EXPECT_EQ(!stored.contains(spec.name), fresh) << spec.name;
      if (!fresh) {
        EXPECT_TRUE(at::equal(method->parameters().at(spec.name), stored.at(spec.name)));
      }
    }
  }
}

TEST_F(StartWeightsTest, ARunWithoutACheckpointBeginsFromTheFileAgain) {
  const runtime::NamedTensors stored = save(model_);
  ClassificationConfig config;
  config.encoder = model_;
  config.start = StartKind::file;
  config.start_path = file_;
  const auto method = Classification::to_be_loaded(config);
  method->see_data(kTwoClasses);
  method->begin_stage(0);
  EXPECT_TRUE(at::equal(method->parameters().at("cls_token"), stored.at("cls_token")));
}

TEST_F(StartWeightsTest, PositionsAreResizedForAnotherImage) {
  runtime::NamedTensors stored = save(model_);
  const nn::EncoderConfig before = model_;
  model_.image_size = {24, 16};
  exchange::resize_positions(stored, before, {6, 4});
  EXPECT_TRUE(at::equal(begun()->parameters().at("pos_embed"), stored.at("pos_embed")));
}

TEST_F(StartWeightsTest, OneTableOfRelativePositionsIsCopiedIntoEachBlock) {
  model_.position_table = false;
  model_.key_bias = false;
  model_.layer_scale = 0.1;
  model_.relative_positions = nn::RelativePositions::shared;
  const runtime::NamedTensors stored = save(model_);
  model_.relative_positions = nn::RelativePositions::each_block;
  const auto method = begun();
  for (const char* block : {"blocks.0.", "blocks.1."}) {
    EXPECT_TRUE(
        at::equal(method->parameters().at(std::string(block) + "attn.relative_position_bias_table"),
                  stored.at("rel_pos_bias.relative_position_bias_table")));
  }
}

TEST_F(StartWeightsTest, TheGeluIsTheFiles) {
  model_.gelu = nn::Gelu::tanh;
  save(model_);
  EXPECT_THAT(begun()->describe_backbone(), HasSubstr("\"gelu\":\"tanh\""));
  model_.gelu = nn::Gelu::exact;
  EXPECT_THAT(refusal(), HasSubstr("set model.gelu = tanh"));
}

TEST_F(StartWeightsTest, OtherChannelsAreMadeOfTheFiles) {
  const runtime::NamedTensors stored = save(model_);
  model_.channels = 1;
  EXPECT_FALSE(load_start_weights(file_, model_).channels_rule.empty());
  const at::Tensor sum = stored.at("patch_embed.proj.weight").sum(1, /*keepdim=*/true);
  EXPECT_TRUE(at::allclose(begun()->parameters().at("patch_embed.proj.weight"), sum));
}

TEST_F(StartWeightsTest, WhatDoesNotFitIsRefusedByItsKey) {
  save(model_);
  model_.width = 48;
  EXPECT_THAT(refusal(), testing::AllOf(HasSubstr("has width 24"), HasSubstr("model.width is 48"),
                                        HasSubstr("set model.width = 24")));
  model_.width = 24;
  model_.patch_size = 8;
  EXPECT_THAT(refusal(), HasSubstr("model.patch_size is 8"));
  model_.patch_size = 4;
  model_.relative_positions = nn::RelativePositions::each_block;
  EXPECT_THAT(refusal(), HasSubstr("model.relative_positions is each_block"));
}

TEST_F(StartWeightsTest, LayersOfClipAreRefused) {
  nn::EncoderConfig tower = model_;
  tower.norm_before = true;
  save(tower);
  EXPECT_THAT(refusal(), HasSubstr("which recipes cannot describe"));
}

TEST_F(StartWeightsTest, AFineTunedNetworkGivesItsNormAndNoHead) {
  save(model_);
  const auto first = begun();
  at::Tensor norm = first->parameters().at("fc_norm.weight").detach();
  norm.fill_(3);
  first->parameters().at("head.weight").detach().fill_(7);
  const BackboneFile file = first->backbone_file();
  exchange::save_backbone(file_, file.description, file.tensors);
  const auto second = begun();
  EXPECT_TRUE(at::equal(second->parameters().at("fc_norm.weight"), norm));
  EXPECT_LT(second->parameters().at("head.weight").abs().max().item<double>(), 0.01);
}

}  // namespace
}  // namespace dbot::methods
