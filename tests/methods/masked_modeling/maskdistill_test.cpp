// MaskDistill's slots as masked modelling has them: exact masks, scales, a decoder over all tokens,
// a teacher that is a moving average.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/data/image/normalise.h"
#include "dbot/methods/masked_modeling/loss_tokens.h"
#include "dbot/methods/masked_modeling/masked_modeling.h"
#include "dbot/methods/masked_modeling/teacher_pixels.h"
#include "dbot/objectives/loss.h"

namespace dbot::methods {
namespace {

class MaskDistill : public testing::Test {
 protected:
  MaskDistill() {
    config_.student = StudentKind::symmetric;
    config_.encoder = {
        .image_size = {24, 24}, .patch_size = 4, .width = 24, .depth = 2, .heads = 2};
    config_.encoder.position_table = false;
    config_.encoder.relative_positions = nn::RelativePositions::shared;
    config_.encoder.layer_scale = 0.1;
    config_.encoder.key_bias = false;
    config_.decoder = {.width = 16, .depth = 1, .heads = 2};
    config_.mask = {
        .kind = masking::MaskKind::block, .ratio = 0.4, .smallest_block = 4, .count = -1};
    config_.teacher.features.output = objectives::TeacherOutput::last_block;
    config_.objective.normalisation = objectives::Normalisation::layer_norm;
    config_.objective.cls = false;
    config_.loss.beta = 1;
    config_.mean = {0.5, 0.4, 0.3};
    config_.std = {0.2, 0.3, 0.25};
    config_.seed = 5;
    batch_.tensors["images"] =
        (at::arange(4 * 3 * 24 * 24) * 37 % 251).to(at::kByte).view({4, 3, 24, 24});
    batch_.sample_ids = {3, 4, 9, 17};
  }

  std::unique_ptr<MaskedModeling> begun() const {
    auto method = std::make_unique<MaskedModeling>(config_);
    method->begin_stage(0);
    return method;
  }

  MaskedModeling::Forward forward(const MaskedModeling& method, MaskedModeling::Extent extent) {
    return method.forward(batch_, method.draw(batch_, {1, 0, 0}), runtime::Precision::fp32, extent);
  }

  /// One step of plain descent, and what follows it.
  void step(MaskedModeling& method, std::int64_t number) {
    method.zero_gradients();
    const StepDraws draws = method.draw(batch_, {1, 0, number});
    method.training_step(batch_, draws, {.step = number}).loss.backward();
    {
      const at::NoGradGuard no_grad;
      method.parameters()
          .flat_values()
          .slice(0, 0, method.parameters().trainable_end())
          .sub_(method.parameters().flat_gradients(), 5);
    }
    method.after_step({.step = number});
  }

  void expect_equal_extents() {
    const auto measured = [&](MaskedModeling::Extent extent) {
      const auto method = begun();
      const auto result = forward(*method, extent);
      result.loss.backward();
      return std::pair(result.loss.item<double>(),
                       method->student().parameters()->flat_gradients().clone());
    };
    const auto [loss, gradients] = measured(MaskedModeling::Extent::all_tokens);
    const auto [part_loss, part_gradients] = measured(MaskedModeling::Extent::loss_tokens);
    EXPECT_NEAR(part_loss, loss, 1e-6 * loss);
    EXPECT_LT(((part_gradients - gradients).norm() / gradients.norm()).item<double>(), 1e-5);
  }

  MaskedModelingConfig config_;
  data::Batch batch_;
};

TEST_F(MaskDistill, EveryImageHidesExactlyAsManyPatches) {
  const auto method = begun();
  const at::Tensor hidden = method->mask_of(method->draw(batch_, {1, 0, 0})).mask.sum(1);
  EXPECT_TRUE(at::equal(hidden, at::tensor({14.F, 14.F, 14.F, 14.F})));
  EXPECT_EQ(method->facts().visible_tokens, 36 - 14 + 1);
}

TEST_F(MaskDistill, TargetsHaveMeanZeroAndVarianceOne) {
  const auto method = begun();
  const at::Tensor target = forward(*method, MaskedModeling::Extent::loss_tokens).target;
  EXPECT_EQ(target.sizes(), (at::IntArrayRef{4, 14, 24}));
  EXPECT_FALSE(target.requires_grad());
  EXPECT_LT(target.mean(-1).abs().max().item<double>(), 1e-5);
  EXPECT_NEAR(target.square().mean().item<double>(), 1, 0.02);
}

TEST_F(MaskDistill, PredictionsOfVisiblePatchesChangeNothing) {
  const auto method = begun();
  const auto result = forward(*method, MaskedModeling::Extent::all_tokens);
  const at::Tensor weights = all_tokens(result.mask.mask, false).weights;
  const at::Tensor noise = at::rand(result.prediction.sizes()) * (1 - weights).unsqueeze(-1);
  const auto loss_of = [&](const at::Tensor& prediction) {
    return objectives::masked_mean(objectives::token_loss(prediction, result.target, config_.loss),
                                   weights)
        .item<double>();
  };
  EXPECT_GT(noise.abs().max().item<double>(), 0.5);
  EXPECT_EQ(loss_of(result.prediction), result.loss.item<double>());
  EXPECT_EQ(loss_of(result.prediction + noise), result.loss.item<double>());
}

TEST_F(MaskDistill, LossTokensGiveTheLossAndGradientsOfAllTokens) {
  for (const auto normalisation :
       {objectives::Normalisation::layer_norm, objectives::Normalisation::l2,
        objectives::Normalisation::variance}) {
    config_.objective.normalisation = normalisation;
    expect_equal_extents();
  }
}

TEST_F(MaskDistill, ADecoderPredictsFromAllTokens) {
  config_.head = HeadKind::decoder;
  config_.learned_positions = true;
  config_.encoder.position_table = true;
  config_.drop_path = 0.5;
  expect_equal_extents();
  const auto method = begun();
  EXPECT_EQ(method->draw(batch_, {1, 0, 0}).at("drop_path").size(0), 2 * (2 + 1));
  method->zero_gradients();
  forward(*method, MaskedModeling::Extent::loss_tokens).loss.backward();
  for (const char* name : {"pos_embed", "decoder_pos_embed", "decoder_blocks.0.mlp.fc1.weight"}) {
    EXPECT_GT(method->parameters().at(name).grad().abs().max().item<double>(), 0) << name;
  }
}

TEST_F(MaskDistill, ExactBlocksAreForStudentsOfVisiblePatchesToo) {
  config_.student = StudentKind::asymmetric;
  config_.encoder.position_table = true;
  config_.encoder.relative_positions = nn::RelativePositions::none;
  const auto method = begun();
  const masking::Mask mask = method->mask_of(method->draw(batch_, {1, 0, 0}));
  EXPECT_EQ(mask.ids_keep.sizes(), (at::IntArrayRef{4, 36 - 14}));
  EXPECT_EQ(mask.mask.gather(1, mask.ids_keep).sum().item<double>(), 0);
  expect_equal_extents();
}

TEST_F(MaskDistill, ItsSlotsMakeTheLossOfMae) {
  config_.student = StudentKind::asymmetric;
  config_.encoder = {.image_size = {24, 24}, .patch_size = 4, .width = 24, .depth = 2, .heads = 2};
  config_.mask = {};
  config_.objective = {.target = objectives::TargetKind::pixels,
                       .normalisation = objectives::Normalisation::variance};
  config_.loss.kind = objectives::LossKind::mse;
  const auto method = begun();
  const auto result = forward(*method, MaskedModeling::Extent::all_tokens);
  const at::Tensor patches =
      objectives::pixel_target(data::images(batch_.tensors.at("images"), config_.mean, config_.std),
                               4, objectives::Normalisation::none);
  const at::Tensor target =
      (patches - patches.mean(at::IntArrayRef{-1}, /*keepdim=*/true)) /
      (patches.var(at::IntArrayRef{-1}, /*unbiased=*/true, /*keepdim=*/true) + 1e-6).sqrt();
  const at::Tensor each = (result.prediction.slice(1, 1) - target).square().mean(-1);
  const double expected = ((each * result.mask.mask).sum() / result.mask.mask.sum()).item<double>();
  EXPECT_NEAR(result.loss.item<double>(), expected, 1e-5 * expected);
  EXPECT_NEAR(forward(*method, MaskedModeling::Extent::loss_tokens).loss.item<double>(), expected,
              1e-5 * expected);
}

TEST_F(MaskDistill, AMovingAverageFollowsTheStudent) {
  config_.teacher.update = objectives::TeacherUpdate::step;
  config_.teacher.momentum = 0.75;
  config_.encoder.position_table = true;
  config_.learned_positions = true;
  const auto method = begun();
  const auto teacher = [&](const char* name) { return method->teacher()->parameters().at(name); };
  runtime::NamedTensors before;
  for (const auto& [name, value] : method->teacher()->parameters().named()) {
    EXPECT_TRUE(at::equal(value, method->parameters().at(name))) << name;
    before.emplace(name, value.clone());
  }
  const auto target = [&] { return forward(*method, MaskedModeling::Extent::all_tokens).target; };
  const at::Tensor first = target();
  step(*method, 0);
  for (const auto& [name, value] : before) {
    const at::Tensor expected = 0.75 * value + 0.25 * method->parameters().at(name).detach();
    EXPECT_TRUE(at::allclose(teacher(name.c_str()), expected, 1e-5, 1e-6)) << name;
    EXPECT_FALSE(teacher(name.c_str()).requires_grad()) << name;
  }
  EXPECT_FALSE(at::equal(teacher("pos_embed"), before.at("pos_embed")));
  EXPECT_FALSE(at::allclose(first, target(), 1e-4, 1e-4));
}

TEST_F(MaskDistill, AMovingAverageGoesOnExactlyFromItsState) {
  config_.teacher.update = objectives::TeacherUpdate::step;
  config_.teacher.momentum = 0.9;
  config_.encoder.position_table = true;
  config_.learned_positions = true;
  config_.teacher.features.output = objectives::TeacherOutput::mean_of_last;
  config_.teacher.features.mean_of_blocks = 2;
  const auto method = begun();
  step(*method, 0);
  runtime::NamedTensors stored;
  for (const auto& [name, tensor] : method->state()) stored.emplace(name, tensor.clone());
  step(*method, 1);
  const auto again = MaskedModeling::to_be_loaded(config_);
  again->load_state(0, stored);
  step(*again, 1);
  for (const auto& [name, tensor] : method->state()) {
    EXPECT_TRUE(at::equal(tensor, again->state().at(name))) << name;
  }
}

TEST_F(MaskDistill, EachStageOfAMovingAverageBeginsWithItsOwnStudent) {
  config_.teacher.update = objectives::TeacherUpdate::step;
  const auto method = begun();
  step(*method, 0);
  method->end_stage(0);
  method->begin_stage(1);
  for (const auto& [name, value] : method->teacher()->parameters().named()) {
    EXPECT_TRUE(at::equal(value, method->parameters().at(name))) << name;
  }
}

TEST_F(MaskDistill, AnEmptyMaskIsAnError) {
  const at::Tensor nothing = at::rand({2, 9}).mul(0);
  EXPECT_THROW(loss_tokens(nothing, /*with_cls=*/false), Error);
  EXPECT_EQ(loss_tokens(nothing, /*with_cls=*/true).rows.size(1), 1);
}

TEST(TeacherPixels, AreThoseOfTheTeachersStatistics) {
  const PixelStatistics ours{.mean = {0.5, 0.4, 0.3}, .std = {0.2, 0.3, 0.25}};
  const PixelStatistics theirs{.mean = {0.1, 0.2, 0.3}, .std = {0.5, 0.4, 0.3}};
  const at::Tensor bytes = at::arange(2 * 3 * 4 * 4).to(at::kByte).view({2, 3, 4, 4});
  const ops::Images seen = data::images(bytes, ours.mean, ours.std);
  const at::Tensor expected = data::normalise(bytes, theirs.mean, theirs.std);
  EXPECT_TRUE(at::equal(renormalised(seen, ours, theirs).seen(), expected));
  EXPECT_TRUE(at::allclose(renormalised(seen.seen(), ours, theirs).seen(), expected, 1e-5, 1e-5));
  // Nothing to convert with, or nothing to convert.
  EXPECT_TRUE(at::equal(renormalised(seen.seen(), {}, theirs).seen(), seen.seen()));
  EXPECT_TRUE(at::equal(renormalised(seen, ours, {}).seen(), seen.seen()));
  EXPECT_TRUE(at::equal(renormalised(seen, ours, ours).seen(), seen.seen()));
}

}  // namespace
}  // namespace dbot::methods
