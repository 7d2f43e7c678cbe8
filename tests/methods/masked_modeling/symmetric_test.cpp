#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "dbot/methods/masked_modeling/loss_tokens.h"
#include "dbot/methods/masked_modeling/masked_modeling.h"

// The symmetric variant as a recipe of masked modelling.
namespace dbot::methods {
namespace {

MaskedModelingConfig symmetric_config() {
  MaskedModelingConfig config;
  config.student = StudentKind::symmetric;
  config.encoder = {{24, 24}, 3, 4, 24, 2, 2};
  config.encoder.position_table = false;
  config.encoder.relative_positions = nn::RelativePositions::shared;
  config.encoder.layer_scale = 0.1;
  config.encoder.key_bias = false;
  config.mask = {.kind = masking::MaskKind::block, .ratio = 0.4, .smallest_block = 4};
  config.objective.normalisation = objectives::Normalisation::none;
  config.objective.cls = false;
  config.loss.kind = objectives::LossKind::cosine;
  config.mean = {0.5, 0.4, 0.3};
  config.std = {0.2, 0.3, 0.25};
  config.seed = 5;
  return config;
}

data::Batch symmetric_batch() {
  data::Batch batch;
  batch.tensors["images"] =
      (at::arange(4 * 3 * 24 * 24) * 37 % 251).to(at::kByte).view({4, 3, 24, 24});
  batch.sample_ids = {3, 4, 9, 17};
  return batch;
}

std::pair<double, at::Tensor> symmetric_step(const MaskedModelingConfig& config,
                                             MaskedModeling::Extent extent) {
  MaskedModeling method(config);
  method.begin_stage(0);
  const auto result = method.forward(symmetric_batch(), method.draw(symmetric_batch(), {1, 0, 0}),
                                     runtime::Precision::fp32, extent);
  result.loss.backward();
  return {result.loss.item().toDouble(), method.student().parameters()->flat_gradients().clone()};
}

TEST(Symmetric, LossTokensGiveTheLossAndGradientsOfAllTokens) {
  MaskedModelingConfig config = symmetric_config();
  for (const bool cls : {false, true}) {
    for (const double drop_path : {0.0, 0.5}) {
      config.objective.cls = cls;
      config.drop_path = drop_path;
      const auto [loss, gradients] = symmetric_step(config, MaskedModeling::Extent::all_tokens);
      const auto [part_loss, part_gradients] =
          symmetric_step(config, MaskedModeling::Extent::loss_tokens);
      EXPECT_NEAR(part_loss, loss, 1e-6 * loss);
      const double error = ((part_gradients - gradients).norm() / gradients.norm()).item<double>();
      EXPECT_LT(error, 1e-5) << cls << drop_path;
    }
  }
}

TEST(Symmetric, PixelsCanBeItsTarget) {
  MaskedModelingConfig config = symmetric_config();
  config.objective = {objectives::TargetKind::pixels, objectives::Normalisation::patch};
  config.loss.kind = objectives::LossKind::mse;
  const auto [loss, gradients] = symmetric_step(config, MaskedModeling::Extent::all_tokens);
  const auto [part_loss, part_gradients] =
      symmetric_step(config, MaskedModeling::Extent::loss_tokens);
  EXPECT_NEAR(part_loss, loss, 1e-6 * loss);
  EXPECT_LT(((part_gradients - gradients).norm() / gradients.norm()).item<double>(), 1e-5);
}

TEST(Symmetric, AStepFillsEveryTrainableGradient) {
  MaskedModeling method(symmetric_config());
  method.begin_stage(0);
  method.zero_gradients();
  method.training_step(symmetric_batch(), method.draw(symmetric_batch(), {1, 0, 0}), {})
      .loss.backward();
  for (const auto& spec : method.student().parameters()->specs()) {
    if (!spec.trainable()) continue;
    const at::Tensor gradient = method.student().parameters()->at(spec.name).grad();
    EXPECT_GT(gradient.abs().max().item().toDouble(), 0) << spec.name;
  }
}

TEST(Symmetric, StagesMakeTheStudentTheTeacherAndStateRestoresBoth) {
  MaskedModeling method(symmetric_config());
  method.begin_stage(0);
  for (const auto& [name, value] : method.teacher()->parameters().named()) {
    EXPECT_TRUE(at::equal(value, method.student().parameters()->at(name))) << name;
  }
  method.end_stage(0);
  method.begin_stage(1);
  MaskedModeling restored(symmetric_config());
  restored.load_state(1, method.state());
  const auto loss = [&](const MaskedModeling& one) {
    return one
        .forward(symmetric_batch(), one.draw(symmetric_batch(), {1, 1, 0}),
                 runtime::Precision::fp32)
        .loss.item()
        .toDouble();
  };
  EXPECT_EQ(loss(method), loss(restored));
}

TEST(Symmetric, AnIndependentTeacherIsAnotherDraw) {
  MaskedModelingConfig config = symmetric_config();
  config.teacher.init = objectives::TeacherInit::independent;
  MaskedModeling method(config);
  method.begin_stage(0);
  EXPECT_FALSE(at::equal(method.teacher()->parameters().at("blocks.0.mlp.fc1.weight"),
                         method.student().parameters()->at("blocks.0.mlp.fc1.weight")));
}

TEST(LossTokens, SamplesWithFewerAreFilledUpWithWhatCountsNothing) {
  const at::Tensor mask = at::tensor({0.F, 1.F, 1.F, 0.F, 0.F, 0.F, 1.F, 0.F}).view({2, 4});
  const LossTokens tokens = loss_tokens(mask, /*with_cls=*/true);
  EXPECT_TRUE(at::equal(tokens.rows, at::tensor({0, 2, 3, 0, 3, 1}, at::kLong).view({2, 3})));
  EXPECT_TRUE(at::equal(tokens.weights, at::tensor({1.F, 1.F, 1.F, 1.F, 1.F, 0.F}).view({2, 3})));
  EXPECT_FALSE(loss_tokens(mask.narrow(0, 0, 1), false).weights.defined());
}

}  // namespace
}  // namespace dbot::methods
