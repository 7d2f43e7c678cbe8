#include "dbot/methods/masked_modeling/masked_modeling.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <gtest/gtest.h>

#include "dbot/data/image/normalise.h"
#include "dbot/ops/patchify.h"

namespace dbot::methods {
namespace {

MaskedModelingConfig tiny_config() {
  MaskedModelingConfig config;
  config.encoder = {{16, 16}, 3, 4, 24, 2, 2};
  config.decoder = {16, 1, 2};
  config.mean = {0.5, 0.4, 0.3};
  config.std = {0.2, 0.3, 0.25};
  config.seed = 5;
  return config;
}

data::Batch batch_of(std::vector<std::int64_t> ids) {
  data::Batch batch;
  const auto size = static_cast<std::int64_t>(ids.size());
  batch.tensors["images"] = at::randint(0, 256, {size, 3, 16, 16}, at::kByte);
  batch.sample_ids = std::move(ids);
  return batch;
}

double loss_of(const MaskedModeling& method, const data::Batch& batch) {
  return method.forward(batch, method.draw(batch, {1, 0, 0}), runtime::Precision::fp32)
      .loss.item()
      .toDouble();
}

TEST(MaskedModeling, RandomTeacherIsTheStudentsInitialEncoder) {
  MaskedModeling method(tiny_config());
  method.begin_stage(0);
  for (const auto& [name, value] : method.teacher()->parameters().named()) {
    EXPECT_TRUE(at::equal(value, method.student().parameters()->at(name))) << name;
  }
}

TEST(MaskedModeling, TeacherOfZeroBlocksAndDeeperTeacherShareTheStudentsFirstBlocks) {
  MaskedModelingConfig config = tiny_config();
  config.teacher.depth = 0;
  MaskedModeling zero_block(config);
  zero_block.begin_stage(0);
  EXPECT_FALSE(zero_block.teacher()->parameters().contains("blocks.0.norm1.weight"));

  config.teacher.depth = 3;
  MaskedModeling deeper(config);
  deeper.begin_stage(0);
  const auto& teacher = deeper.teacher()->parameters();
  EXPECT_TRUE(at::equal(teacher.at("blocks.1.mlp.fc1.weight"),
                        deeper.student().parameters()->at("blocks.1.mlp.fc1.weight")));
  EXPECT_FALSE(
      at::equal(teacher.at("blocks.2.mlp.fc1.weight"), teacher.at("blocks.1.mlp.fc1.weight")));
}

TEST(MaskedModeling, StageEndMakesAHardCopyAndAFreshStudent) {
  MaskedModeling method(tiny_config());
  method.begin_stage(0);
  const at::Tensor finished = method.student().parameters()->flat_values().clone();
  const at::Tensor finished_bias =
      method.student().parameters()->at("patch_embed.proj.bias").clone();
  method.end_stage(0);
  for (const auto& [name, value] : method.teacher()->parameters().named()) {
    EXPECT_TRUE(at::equal(value, method.student().parameters()->at(name))) << name;
  }
  method.begin_stage(1);
  EXPECT_FALSE(at::equal(method.student().parameters()->flat_values(), finished));
  EXPECT_FALSE(
      at::equal(method.student().parameters()->at("patch_embed.proj.bias"), finished_bias));
  EXPECT_TRUE(at::equal(method.teacher()->parameters().at("patch_embed.proj.bias"), finished_bias));
}

TEST(MaskedModeling, PatchBiasSurvivesTheSwitchOnlyWhenAsked) {
  MaskedModelingConfig config = tiny_config();
  config.keep_patch_bias = true;
  MaskedModeling method(config);
  method.begin_stage(0);
  const at::Tensor bias = method.student().parameters()->at("patch_embed.proj.bias").clone();
  method.end_stage(0);
  method.begin_stage(1);
  EXPECT_TRUE(at::equal(method.student().parameters()->at("patch_embed.proj.bias"), bias));
}

TEST(MaskedModeling, StudentDepthMayDifferFromStageToStage) {
  MaskedModelingConfig config = tiny_config();
  config.student_depth = {1, 3};
  MaskedModeling method(config);
  method.begin_stage(0);
  EXPECT_EQ(method.backbone().config().depth, 1);
  method.end_stage(0);
  method.begin_stage(1);
  EXPECT_EQ(method.backbone().config().depth, 3);
  EXPECT_EQ(method.teacher()->config().depth, 1);
}

TEST(MaskedModeling, TeacherOfAnotherWidthAndPatchSizeGivesTheSameTokenGrid) {
  MaskedModelingConfig config = tiny_config();
  config.teacher.width = 32;
  config.teacher.heads = 4;
  config.teacher.patch_size = 3;
  MaskedModeling method(config);
  method.begin_stage(0);
  EXPECT_EQ(method.teacher()->config().image_size, (core::Size{12, 12}));
  const data::Batch batch = batch_of({0, 1});
  const auto forward =
      method.forward(batch, method.draw(batch, {1, 0, 0}), runtime::Precision::fp32);
  EXPECT_EQ(forward.prediction.sizes(), (std::vector<std::int64_t>{2, 17, 32}));
  EXPECT_EQ(forward.target.sizes(), forward.prediction.sizes());
  EXPECT_GT(forward.loss.item().toDouble(), 0.1);
}

TEST(MaskedModeling, DrawsDependOnTheSampleAlone) {
  MaskedModelingConfig config = tiny_config();
  config.drop_path = 0.5;
  MaskedModeling method(config);
  method.begin_stage(0);
  const StepDraws together = method.draw(batch_of({3, 5}), {1, 0, 2});
  const StepDraws alone = method.draw(batch_of({5}), {1, 0, 2});
  EXPECT_TRUE(at::equal(together.at("mask_noise")[1], alone.at("mask_noise")[0]));
  EXPECT_TRUE(at::equal(together.at("drop_path").select(1, 1), alone.at("drop_path").select(1, 0)));
  const StepDraws later = method.draw(batch_of({5}), {1, 0, 3});
  EXPECT_FALSE(at::equal(later.at("mask_noise"), alone.at("mask_noise")));
}

TEST(MaskedModeling, StateRestoresStudentAndTeacherInAnyStage) {
  MaskedModelingConfig config = tiny_config();
  config.teacher.width = 32;
  config.teacher.heads = 4;
  MaskedModeling method(config);
  method.begin_stage(0);
  MaskedModeling restored(config);
  restored.load_state(0, method.state());
  const data::Batch batch = batch_of({0, 1, 2});
  EXPECT_EQ(loss_of(method, batch), loss_of(restored, batch));
  method.end_stage(0);
  method.begin_stage(1);
  restored.load_state(1, method.state());
  EXPECT_EQ(loss_of(method, batch), loss_of(restored, batch));
}

TEST(MaskedModeling, PixelTargetIsTheMaskedPatchesMeanSquare) {
  MaskedModelingConfig config = tiny_config();
  config.objective = {objectives::TargetKind::pixels, objectives::Normalisation::none};
  config.loss.kind = objectives::LossKind::mse;
  MaskedModeling method(config);
  method.begin_stage(0);
  EXPECT_EQ(method.teacher(), nullptr);
  const data::Batch batch = batch_of({0, 1});
  const auto forward =
      method.forward(batch, method.draw(batch, {1, 0, 0}), runtime::Precision::fp32);
  const at::Tensor patches =
      ops::patchify(data::normalise(batch.tensors.at("images"), config.mean, config.std), 4);
  const at::Tensor difference = forward.prediction.narrow(1, 1, 16) - patches;
  const at::Tensor expected =
      (difference.square().mean(-1) * forward.mask.mask).sum() / forward.mask.mask.sum();
  EXPECT_NEAR(forward.loss.item().toDouble(), expected.item().toDouble(), 1e-6);
}

TEST(MaskedModeling, AStepFillsEveryTrainableGradientAndLeavesTheTeacher) {
  MaskedModeling method(tiny_config());
  method.begin_stage(0);
  const at::Tensor teacher = method.teacher()->parameters().flat_values().clone();
  const data::Batch batch = batch_of({0, 1});
  method.zero_gradients();
  method.training_step(batch, method.draw(batch, {1, 0, 0}), {}).loss.backward();
  for (const auto& spec : method.student().parameters()->specs()) {
    if (!spec.trainable()) continue;
    const at::Tensor gradient = method.student().parameters()->at(spec.name).grad();
    EXPECT_GT(gradient.abs().max().item().toDouble(), 0) << spec.name;
  }
  EXPECT_TRUE(at::equal(method.teacher()->parameters().flat_values(), teacher));
}

/// Loss and all gradients of a step.
std::pair<double, at::Tensor> step(const MaskedModelingConfig& config,
                                   MaskedModeling::Extent extent) {
  MaskedModeling method(config);
  method.begin_stage(0);
  data::Batch batch = batch_of({3, 4, 9});
  batch.tensors["images"] =
      (at::arange(3 * 3 * 16 * 16) * 37 % 251).to(at::kByte).view({3, 3, 16, 16});
  const auto result =
      method.forward(batch, method.draw(batch, {1, 0, 0}), runtime::Precision::fp32, extent);
  result.loss.backward();
  return {result.loss.item().toDouble(), method.student().parameters()->flat_gradients().clone()};
}

class LossExtents : public testing::TestWithParam<objectives::TargetKind> {};

TEST_P(LossExtents, GiveTheLossAndGradientsOfAllTokens) {
  MaskedModelingConfig config = tiny_config();
  config.objective.target = GetParam();
  if (GetParam() == objectives::TargetKind::pixels) {
    config.objective.normalisation = objectives::Normalisation::patch;
  }
  config.drop_path = 0.5;
  for (const std::int64_t decoder_depth : {0, 1, 2}) {
    config.decoder.depth = decoder_depth;
    const auto [loss, gradients] = step(config, MaskedModeling::Extent::all_tokens);
    const auto [part_loss, part_gradients] = step(config, MaskedModeling::Extent::loss_tokens);
    EXPECT_NEAR(part_loss, loss, 1e-6 * loss);
    const double error = ((part_gradients - gradients).norm() / gradients.norm()).item<double>();
    EXPECT_LT(error, 1e-5) << decoder_depth << " blocks";
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, LossExtents,
                         testing::Values(objectives::TargetKind::teacher,
                                         objectives::TargetKind::pixels));

}  // namespace
}  // namespace dbot::methods
