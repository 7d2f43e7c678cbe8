// Stages whose students predict different targets.
#include <ATen/ops/equal.h>
#include <ATen/ops/randint.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/methods/masked_modeling/masked_modeling.h"
#include "dbot/methods/masked_modeling/masked_modeling_entry.h"

namespace dbot::methods {
namespace {

using objectives::LossKind;
using objectives::Normalisation;
using objectives::TargetKind;
using testing::Contains;
using testing::Not;
using testing::StartsWith;

MaskedModelingConfig small_config(std::vector<TargetKind> targets) {
  MaskedModelingConfig config;
  config.encoder = {
      .image_size = {16, 16}, .channels = 3, .patch_size = 4, .width = 24, .depth = 2, .heads = 2};
  config.decoder = {.width = 16, .depth = 1, .heads = 2};
  config.stage_targets = std::move(targets);
  config.mean = {0.5, 0.4, 0.3};
  config.std = {0.2, 0.3, 0.25};
  config.seed = 5;
  return config;
}

MaskedModelingConfig of_pixels(std::vector<TargetKind> targets) {
  MaskedModelingConfig config = small_config(std::move(targets));
  config.objective = {.target = TargetKind::pixels, .normalisation = Normalisation::patch};
  config.loss.kind = LossKind::mse;
  return config;
}

data::Batch two_images() {
  data::Batch batch;
  batch.tensors["images"] = at::randint(0, 256, {2, 3, 16, 16}, at::kByte);
  batch.sample_ids = {3, 8};
  return batch;
}

std::vector<std::string> names_of(const runtime::NamedTensors& tensors) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : tensors) names.push_back(name);
  return names;
}

TEST(StageTargets, AStudentOfPixelsBecomesTheTeacher) {
  MaskedModeling method(small_config({TargetKind::pixels, TargetKind::teacher}));
  method.begin_stage(0);
  EXPECT_EQ(method.teacher(), nullptr);
  EXPECT_THAT(names_of(method.state()), Not(Contains(StartsWith("teacher."))));
  EXPECT_EQ(method.student().prediction_width(), 4 * 4 * 3);
  EXPECT_TRUE(method.student().parameters()->contains("decoder_pred.weight"));
  const double of_pixels = method.cost().operations;

  const runtime::NamedTensors finished = method.student().parameters()->named();
  method.end_stage(0);
  method.begin_stage(1);
  ASSERT_NE(method.teacher(), nullptr);
  EXPECT_EQ(method.teacher()->config(), method.backbone().config());
  for (const auto& [name, value] : method.teacher()->parameters().named()) {
    EXPECT_TRUE(at::equal(value, finished.at(name))) << name;
  }
  const auto& fresh = *method.student().parameters();
  EXPECT_FALSE(
      at::equal(fresh.at("blocks.0.attn.qkv.weight"), finished.at("blocks.0.attn.qkv.weight")));
  EXPECT_EQ(method.student().prediction_width(), 24);
  EXPECT_TRUE(fresh.contains("decoder_predp.weight"));
  EXPECT_GT(method.cost().operations, of_pixels) << "the teacher computes, too";
}

TEST(StageTargets, AStageOfPixelsKeepsNoTeacher) {
  MaskedModeling method(
      small_config({TargetKind::teacher, TargetKind::pixels, TargetKind::teacher}));
  method.begin_stage(0);
  ASSERT_NE(method.teacher(), nullptr);
  method.end_stage(0);
  method.begin_stage(1);
  EXPECT_EQ(method.teacher(), nullptr);
  EXPECT_EQ(method.facts().parts.at(2).parameters, 0);
  const at::Tensor weight = method.student().parameters()->at("blocks.1.mlp.fc1.weight").clone();
  method.end_stage(1);
  method.begin_stage(2);
  EXPECT_TRUE(at::equal(method.teacher()->parameters().at("blocks.1.mlp.fc1.weight"), weight));
}

TEST(StageTargets, EachStageIsJudgedByItsOwnLoss) {
  MaskedModeling method(small_config({TargetKind::pixels, TargetKind::teacher}));
  const data::Batch batch = two_images();
  method.begin_stage(0);
  const MaskedPrediction pixels = method.predict_masked(batch, {}, runtime::Precision::fp32);
  EXPECT_TRUE(pixels.pixels);
  EXPECT_TRUE(pixels.standardised);
  EXPECT_FALSE(pixels.cls_in_loss) << "pixels have no cls token";
  EXPECT_EQ(pixels.loss.kind, LossKind::mse);
  EXPECT_EQ(pixels.target.size(1), 16);
  method.end_stage(0);
  method.begin_stage(1);
  const MaskedPrediction features = method.predict_masked(batch, {}, runtime::Precision::fp32);
  EXPECT_FALSE(features.pixels);
  EXPECT_TRUE(features.cls_in_loss);
  EXPECT_EQ(features.loss.kind, LossKind::smooth_l1);
  EXPECT_EQ(features.target.size(1), 17);
  EXPECT_NE(measure_masked_loss(method), nullptr);
}

TEST(StageTargets, TheOtherTargetHasItsUsualValuesUnlessListsSayOtherwise) {
  MaskedModelingConfig config = small_config({TargetKind::pixels, TargetKind::teacher});
  config.objective.normalisation = Normalisation::layer_norm;
  config.loss = {.kind = LossKind::l1, .beta = 7};
  StageObjective first = stage_objective(config, 0), second = stage_objective(config, 1);
  EXPECT_EQ(first.target.normalisation, Normalisation::patch);
  EXPECT_EQ(first.loss.kind, LossKind::mse);
  EXPECT_EQ(second.target.normalisation, Normalisation::layer_norm);
  EXPECT_EQ(second.loss.kind, LossKind::l1);
  EXPECT_EQ(second.loss.beta, 7);

  config = of_pixels({TargetKind::pixels, TargetKind::teacher});
  config.loss.beta = 7;
  second = stage_objective(config, 1);
  EXPECT_EQ(second.target.normalisation, Normalisation::token);
  EXPECT_EQ(second.loss.kind, LossKind::smooth_l1);
  EXPECT_EQ(second.loss.beta, 2);

  config.stage_normalisations = {Normalisation::none, Normalisation::l2};
  config.stage_losses = {LossKind::l1, LossKind::cosine};
  first = stage_objective(config, 0), second = stage_objective(config, 1);
  EXPECT_EQ(first.target.normalisation, Normalisation::none);
  EXPECT_EQ(first.loss.kind, LossKind::l1);
  EXPECT_EQ(second.target.normalisation, Normalisation::l2);
  EXPECT_EQ(second.loss.kind, LossKind::cosine);
  const auto words = in_words(second);
  EXPECT_EQ(words.target + " " + words.loss + " " + words.normalisation, "teacher cosine l2");
}

TEST(StageTargets, AUniformListChangesNoBit) {
  const data::Batch batch = two_images();
  const auto compare = [&](const MaskedModelingConfig& without, const MaskedModelingConfig& with) {
    MaskedModeling plain(without), listed(with);
    for (std::int64_t stage = 0; stage < 2; ++stage) {
      for (MaskedModeling* method : {&plain, &listed}) {
        if (stage > 0) method->end_stage(stage - 1);
        method->begin_stage(stage);
        method->zero_gradients();
        method->training_step(batch, method->draw(batch, {1, stage, 0}), {}).loss.backward();
      }
      EXPECT_TRUE(at::equal(plain.student().parameters()->flat_gradients(),
                            listed.student().parameters()->flat_gradients()));
      const runtime::NamedTensors expected = plain.state(), found = listed.state();
      ASSERT_EQ(names_of(found), names_of(expected));
      for (const auto& [name, value] : expected) {
        EXPECT_TRUE(at::equal(found.at(name), value)) << name << " in stage " << stage;
      }
    }
  };
  compare(small_config({}), small_config({TargetKind::teacher, TargetKind::teacher}));
  compare(of_pixels({}), of_pixels({TargetKind::pixels, TargetKind::pixels}));
}

TEST(StageTargets, MemoryIsPlannedForTheLargestStage) {
  const Surroundings two{.stages = 2, .batch_size = 8};
  const auto plan = [&](std::vector<TargetKind> targets) {
    return plan_memory(small_config(std::move(targets)), two);
  };
  const MethodMemory pixels = plan({TargetKind::pixels, TargetKind::pixels});
  const MethodMemory features = plan({});
  const MethodMemory mixed = plan({TargetKind::pixels, TargetKind::teacher});
  EXPECT_EQ(pixels.teacher, 0);
  EXPECT_GT(features.teacher, 0);
  EXPECT_EQ(mixed.teacher, features.teacher);
  EXPECT_GT(pixels.weights, features.weights) << "a patch has 48 numbers, a feature 24";
  EXPECT_EQ(mixed.weights, pixels.weights);
}

}  // namespace
}  // namespace dbot::methods
