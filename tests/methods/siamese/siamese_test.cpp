#include "dbot/methods/siamese/siamese.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "dbot/core/error.h"
#include "dbot/methods/siamese/siamese_draws.h"
#include "dbot/objectives/contrastive.h"
#include "tests/methods/siamese/small_siamese.h"

namespace dbot::methods {
namespace {

constexpr auto kSteps = {0, 1, 2};

/// What a step computes of the small batch with these draws, nothing written.
SiameseForward forward_of(const SiameseConfig& config, const Siamese& method,
                          const StepDraws& draws) {
  const data::Batch batch = siamese_batch();
  return siamese_forward(config, method.networks(), batch.tensors.at("images"),
                         batch.tensors.at(kFurtherViews).select(1, 0), draws, at::kFloat,
                         nn::NormMode::batch);
}

double loss_of(const SiameseTerm& term) {
  return term.loss.item<double>();
}

TEST(Siamese, EncodingAReversedBatchReversesTheEmbeddings) {
  const SiameseConfig config = small_siamese(SiameseMixing::mixmask);
  Siamese method(config);
  method.begin_stage(0);
  const auto mixed = mixed_views(siamese_batch().tensors.at("images"),
                                 method.draw(siamese_batch(), {}), config.fill);
  const auto encoded = [&](const at::Tensor& images) {
    return method.networks().embed(images, at::kFloat, nn::NormMode::running);
  };
  const at::Tensor& images = mixed.at(0).images;
  const at::Tensor difference = encoded(images.flip(0)) - encoded(images).flip(0);
  EXPECT_LT(difference.abs().max().item<double>(), 1e-6);
}

TEST(Siamese, TheShareIsThatOfThePixels) {
  const SiameseConfig config = small_siamese(SiameseMixing::mixmask);
  for (const std::int64_t number : kSteps) {
    const StepDraws draws = draw_siamese(config, 6, batch_draws({.micro_batch = number}));
    const at::Tensor ones = at::ones({6, 3, 8, 8});
    const auto mixed = mixed_views(ones, {{"mask", draws.at("mask")}}, MaskFill::zero);
    const auto kept = mixed.at(0).images[0][0].sum().item<double>();
    const auto filled = mixed_views(ones, draws, MaskFill::image);
    EXPECT_EQ(filled.at(0).share.item<double>(), kept / 64);
  }
}

TEST(Siamese, AMaskOfOnesGivesTwiceTheLossOfTheCleanView) {
  const SiameseConfig config = small_siamese(SiameseMixing::mixmask);
  Siamese method(config);
  method.begin_stage(0);
  StepDraws draws = method.draw(siamese_batch(), {});
  draws["mask"] = at::ones({1, 8, 8});
  const SiameseForward forward = forward_of(config, method, draws);
  EXPECT_FLOAT_EQ(forward.loss.item<float>(), 2 * forward.terms.at(0).loss.item<float>());
}

TEST(Siamese, APartnerOrderThatIsReversedIsTheReversedBatch) {
  const SiameseConfig config = small_siamese(SiameseMixing::mixmask);
  Siamese method(config);
  method.begin_stage(0);
  StepDraws draws = method.draw(siamese_batch(), {});
  const at::Tensor reversed = forward_of(config, method, draws).loss;
  draws["mask_partner"] = at::arange(5, -1, -1);
  EXPECT_TRUE(at::equal(forward_of(config, method, draws).loss, reversed));
  draws["mask_partner"] = (at::arange(6) + 1) % 6;
  EXPECT_FALSE(at::equal(forward_of(config, method, draws).loss, reversed));
}

/// Of a mask that keeps three quarters: λ is the weight of the image whose pixels stay.
TEST(Siamese, TheLossTellsAShareFromTheRest) {
  const SiameseConfig config = small_siamese(SiameseMixing::mixmask);
  Siamese method(config);
  method.begin_stage(0);
  StepDraws draws = method.draw(siamese_batch(), {});
  at::Tensor mask = at::ones({1, 8, 8});
  mask.narrow(1, 0, 2).zero_();
  draws["mask"] = mask;
  const SiameseForward forward = forward_of(config, method, draws);
  ASSERT_EQ(forward.terms.size(), 3u);
  const double base = loss_of(forward.terms[0]), own = loss_of(forward.terms[1]),
               partner = loss_of(forward.terms[2]);
  EXPECT_EQ(forward.terms[1].name, "mask");
  EXPECT_NEAR(forward.loss.item<double>(), base + 0.75 * own + 0.25 * partner, 1e-5);
  EXPECT_GT(std::abs(base + 0.25 * own + 0.75 * partner - forward.loss.item<double>()), 1e-4);
  // The rows that stay are the image's own, and its own key is that of its own place.
  const data::Batch batch = siamese_batch();
  const at::Tensor& view = batch.tensors.at("images");
  const at::Tensor& images = forward.mixed.at(0).images;
  EXPECT_TRUE(at::equal(images.narrow(2, 2, 6), view.narrow(2, 2, 6)));
  EXPECT_TRUE(at::equal(images.narrow(2, 0, 2), view.flip(0).narrow(2, 0, 2)));
  const at::Tensor query =
      objectives::unit_rows(method.networks().embed(images, at::kFloat, nn::NormMode::batch));
  const at::Tensor logits = objectives::contrast_logits(
      query, forward.keys, method.networks().queue(), config.temperature);
  EXPECT_NEAR(objectives::first_cross_entropy(logits).item<double>(), own, 1e-5);
}

TEST(Siamese, OtherFillsCountOnce) {
  for (const MaskFill fill : {MaskFill::zero, MaskFill::noise}) {
    SiameseConfig config = small_siamese(SiameseMixing::mixmask);
    config.fill = fill;
    config.channelwise = true;
    Siamese method(config);
    method.begin_stage(0);
    const SiameseForward forward = forward_of(config, method, method.draw(siamese_batch(), {}));
    ASSERT_EQ(forward.terms.size(), 2u);
    EXPECT_NEAR(forward.loss.item<double>(), loss_of(forward.terms[0]) + loss_of(forward.terms[1]),
                1e-5);
  }
}

TEST(Siamese, KeysTakeThePlacesOfTheOldest) {
  const SiameseConfig config = small_siamese(SiameseMixing::none);
  Siamese method(config);
  method.begin_stage(0);
  const at::Tensor first = method.networks().queue().clone();
  const at::Tensor lengths = first.square().sum(0);
  EXPECT_NEAR(lengths.min().item<double>(), 1, 1e-5);
  EXPECT_NEAR(lengths.max().item<double>(), 1, 1e-5);
  const auto step = [&] {
    return method.training_step(siamese_batch(), method.draw(siamese_batch(), {}), {});
  };
  step();
  const at::Tensor second = method.networks().queue().clone();
  EXPECT_FALSE(at::equal(second.narrow(1, 0, 6), first.narrow(1, 0, 6)));
  EXPECT_TRUE(at::equal(second.narrow(1, 6, 6), first.narrow(1, 6, 6)));
  EXPECT_EQ(method.parameters().at("queue_ptr").item<float>(), 6);
  step();
  EXPECT_EQ(method.parameters().at("queue_ptr").item<float>(), 0);
  EXPECT_FALSE(at::equal(method.networks().queue().narrow(1, 6, 6), first.narrow(1, 6, 6)));
}

TEST(Siamese, TheKeyEncoderFollowsAndKeepsItsRunningValues) {
  const SiameseConfig config = small_siamese(SiameseMixing::mixmask);
  Siamese method(config);
  method.begin_stage(0);
  const auto key = [&] { return method.state().at("teacher.features.0.weight").clone(); };
  const auto running = [&] {
    return method.state().at("student.key.features.1.running_mean").clone();
  };
  const at::Tensor before = key();
  EXPECT_TRUE(at::equal(before, method.parameters().at("features.0.weight")));
  const at::Tensor moved = method.parameters().at("features.0.weight").detach().add_(1);
  method.training_step(siamese_batch(), method.draw(siamese_batch(), {}), {});
  EXPECT_TRUE(at::equal(key(), before));
  const at::Tensor statistics = running();
  EXPECT_FALSE(at::equal(statistics, statistics * 0));
  method.after_step({});
  EXPECT_NEAR((key() - (before * 0.9 + moved * 0.1)).abs().max().item<double>(), 0, 1e-6);
  EXPECT_TRUE(at::equal(running(), statistics));
}

TEST(Siamese, EveryLossTrainsOnEveryMixture) {
  for (const SiameseLoss loss : {SiameseLoss::moco, SiameseLoss::simclr, SiameseLoss::byol,
                                 SiameseLoss::simsiam, SiameseLoss::barlow_twins}) {
    for (const SiameseMixing mixing :
         {SiameseMixing::none, SiameseMixing::unmix, SiameseMixing::mixmask, SiameseMixing::both}) {
      SiameseConfig config = small_siamese(mixing);
      config.loss = loss;
      config.symmetric = loss == SiameseLoss::moco;
      config.norm_splits = 3;
      Siamese method(config);
      method.begin_stage(0);
      const StepDraws draws = method.draw(siamese_batch(), {});
      const StepResult result = method.training_step(siamese_batch(), draws, {});
      result.loss.backward();
      EXPECT_TRUE(std::isfinite(result.loss.item<double>()));
      EXPECT_GT(method.parameters().at("features.0.weight").grad().abs().max().item<double>(), 0);
      EXPECT_EQ(draws.contains("mask"), config.masks());
      EXPECT_EQ(draws.contains("mixing"), config.unmixes());
      EXPECT_EQ(draws.contains("mask_partner"), mixing == SiameseMixing::both);
      EXPECT_EQ(draws.contains("key_order"), loss == SiameseLoss::moco);
    }
  }
}

TEST(Siamese, DrawsAreThoseOfTheBatch) {
  const SiameseConfig config = small_siamese(SiameseMixing::both);
  Siamese method(config);
  method.begin_stage(0);
  data::Batch others = siamese_batch();
  others.sample_ids = {1, 2, 3, 4, 5, 6};
  const StepDraws draws = method.draw(siamese_batch(), {.seed = 1, .micro_batch = 7});
  const StepDraws again = method.draw(others, {.seed = 1, .epoch = 3, .micro_batch = 7});
  const StepDraws next = method.draw(siamese_batch(), {.seed = 1, .micro_batch = 8});
  for (const auto& [name, value] : draws) EXPECT_TRUE(at::equal(value, again.at(name))) << name;
  EXPECT_FALSE(at::equal(draws.at("mixing"), next.at("mixing")));
  EXPECT_FALSE(at::equal(draws.at("key_order"), next.at("key_order")) &&
               at::equal(draws.at("mask_partner"), next.at("mask_partner")));
}

TEST(Siamese, NeedsASecondView) {
  Siamese method(small_siamese(SiameseMixing::none));
  method.begin_stage(0);
  data::Batch batch = siamese_batch();
  batch.tensors.erase(kFurtherViews);
  EXPECT_THROW(method.training_step(batch, method.draw(batch, {}), {}), UsageError);
}

}  // namespace
}  // namespace dbot::methods
