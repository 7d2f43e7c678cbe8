#include "dbot/methods/mixture_separation/mixture_separation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "dbot/core/error.h"
#include "dbot/methods/masked_modeling/masked_modeling.h"
#include "dbot/methods/state_names.h"
#include "dbot/ops/patchify.h"
#include "tests/core/temporary_folder.h"
#include "tests/methods/mixture_separation/small_autoencoder.h"

namespace dbot::methods {
namespace {

using testing::ElementsAre;

constexpr auto kFp32 = runtime::Precision::fp32;

class MixtureSeparationTest : public testing::Test {
 protected:
  MixtureSeparationTest() {
    batch_.tensors["images"] = at::randint(0, 256, {4, 3, 8, 8}, at::kByte);
    batch_.tensors["partner.images"] = at::randint(0, 256, {4, 3, 8, 8}, at::kByte);
    batch_.sample_ids = {0, 1, 2, 3};
  }

  std::unique_ptr<MixtureSeparation> begun() {
    auto method = std::make_unique<MixtureSeparation>(config_);
    method->see_data({.mean = {0.5, 0.4, 0.3}, .std = {0.2, 0.3, 0.25}});
    method->begin_stage(0);
    return method;
  }

  /// One that learns from a file and is taught by it.
  std::unique_ptr<MixtureSeparation> taught() {
    const std::string file = (folder_ / "mae.safetensors").string();
    write_autoencoder_file(file);
    config_.start = StartKind::file;
    config_.start_path = file;
    config_.distillation = 1;
    return begun();
  }

  void write_autoencoder_file(const std::string& file) {
    test::write_autoencoder(file, config_.encoder, test::small_autoencoder(config_));
  }

  StepDraws draws(double lam) const {
    return {{"mask_noise", noise_}, {"lam", at::tensor({lam}, at::kDouble)}};
  }

  MixtureSeparationConfig config_ = test::small_mixture_config();
  at::Tensor noise_ = at::rand({4, 4});
  data::Batch batch_;
  test::TemporaryFolder folder_;
};

TEST_F(MixtureSeparationTest, APairTheOtherWayRoundHasTheSameLoss) {
  const auto random = begun();
  const auto method = taught();
  data::Batch swapped = batch_;
  std::swap(swapped.tensors.at("images"), swapped.tensors.at("partner.images"));
  for (const double lam : {0.0, 0.2, 0.7}) {
    const auto step = method->forward(batch_, draws(lam), kFp32);
    const auto other = method->forward(swapped, draws(1 - lam), kFp32);
    EXPECT_NEAR(step.loss.item<double>(), other.loss.item<double>(), 1e-6) << lam;
  }
  // A tie is decided for the first image: the other way round it is another loss, unless both
  // layers are the file's.
  const auto tie = random->forward(batch_, draws(0.5), kFp32);
  const auto swapped_tie = random->forward(swapped, draws(0.5), kFp32);
  EXPECT_TRUE(at::equal(tie.mixture.subordinate, swapped_tie.mixture.dominant));
  EXPECT_NE(tie.loss.item<double>(), swapped_tie.loss.item<double>());
}

TEST_F(MixtureSeparationTest, ErrorsOfMixturesAreThoseOfTheLoss) {
  for (const auto normalisation :
       {objectives::Normalisation::none, objectives::Normalisation::patch}) {
    config_.normalisation = normalisation;
    const auto method = begun();
    const DrawContext context{.seed = 5, .stage = 0, .epoch = 2, .micro_batch = 1};
    StepDraws drawn = method->draw(batch_, context);
    drawn["lam"] = lam_of(0.3);
    const auto step = method->forward(batch_, drawn, kFp32);
    const auto errors =
        method->separation_errors(batch_.tensors.at("images"), batch_.tensors.at("partner.images"),
                                  {.lam = 0.3, .draws = context, .pairs = batch_.sample_ids});
    ASSERT_TRUE(errors.dominant);
    EXPECT_EQ(errors.values, step.mask.mask.sum().item<double>() * 4 * 4 * 3);
    const at::Tensor hidden = step.mask.mask.unsqueeze(-1);
    const auto square = [&](const at::Tensor& image) {
      return (ops::patchify(image, 4).square() * hidden).sum().item<double>();
    };
    EXPECT_NEAR(errors.subordinate.mean, square(step.mixture.subordinate), 1e-2);
    EXPECT_NEAR(errors.dominant->mean, square(step.mixture.dominant), 1e-2);
    const at::Tensor apart = step.mixture.subordinate - step.mixture.dominant;
    EXPECT_NEAR(errors.subordinate.mixture, 0.49 * square(apart), 1e-2);
    EXPECT_NEAR(errors.dominant->mixture, 0.09 * square(apart), 1e-2);
    if (normalisation != objectives::Normalisation::none) continue;
    const auto values = static_cast<double>(errors.values);
    EXPECT_NEAR(errors.subordinate.reconstruction / values, step.errors[0].item<double>(), 1e-4);
    EXPECT_NEAR(errors.dominant->reconstruction / values, step.errors[1].item<double>(), 1e-4);
  }
}

TEST_F(MixtureSeparationTest, TheDominantBranchOfAnUnmixedImageIsPlainMae) {
  for (const auto normalisation :
       {objectives::Normalisation::none, objectives::Normalisation::patch}) {
    config_.normalisation = normalisation;
    const auto method = begun();
    MaskedModelingConfig plain;
    plain.encoder = config_.encoder;
    plain.decoder = config_.decoder;
    plain.mask.ratio = config_.mask_ratio;
    plain.objective = {.target = objectives::TargetKind::pixels, .normalisation = normalisation};
    plain.loss.kind = objectives::LossKind::mse;
    const auto mae = MaskedModeling::to_be_loaded(plain);
    mae->see_data({.mean = {0.5, 0.4, 0.3}, .std = {0.2, 0.3, 0.25}});
    runtime::NamedTensors weights = method->parameters().named();
    for (const char* part : {"weight", "bias"}) {
      weights[std::string("decoder_embed.") + part] =
          weights.at(std::string("decoder_embed2.") + part);
    }
    mae->load_state(0, with_prefix("student.", weights));
    const auto step = method->forward(batch_, draws(1), kFp32);
    const auto expected = mae->forward(batch_, {{"mask_noise", noise_}}, kFp32);
    EXPECT_NEAR(step.errors.at(1).item<double>(), expected.loss.item<double>(), 1e-6);
    EXPECT_TRUE(at::allclose(step.predictions.at(1), expected.prediction.slice(1, 1), 1e-4, 1e-6));
  }
}

TEST_F(MixtureSeparationTest, TheStepReadsMaskedPatchesAloneAndAddsUpItsParts) {
  const auto method = taught();
  config_.distillation = 0.5;
  const auto whole = method->forward(batch_, draws(0.3), kFp32);
  const StepResult step = method->training_step(batch_, draws(0.3), {});
  EXPECT_NEAR(step.loss.item<double>(), whole.loss.item<double>(), 1e-6);
  ASSERT_EQ(step.scalars.size(), 2u);
  EXPECT_EQ(step.scalars[0].first, "reconstruction");
  EXPECT_EQ(step.scalars[1].first, "distillation");
  EXPECT_NEAR(whole.reconstruction.item<double>(),
              whole.errors[0].item<double>() + whole.errors[1].item<double>(), 1e-6);
  EXPECT_NEAR(whole.loss.item<double>(),
              whole.reconstruction.item<double>() + whole.distillation.item<double>(), 1e-6);
  const auto half = begun()->forward(batch_, draws(0.3), kFp32);
  EXPECT_NEAR(half.loss.item<double>(),
              half.reconstruction.item<double>() + 0.5 * half.distillation.item<double>(), 1e-6);
}

TEST_F(MixtureSeparationTest, OnlyTheSeparationLayersThatAreUsedExist) {
  const auto names = [](MixtureSeparation& method) {
    std::vector<std::string> found;
    for (const auto& spec : method.parameters().specs()) {
      if (spec.name.starts_with("decoder_embed") && spec.name.ends_with("weight")) {
        found.push_back(spec.name);
      }
    }
    return found;
  };
  EXPECT_THAT(names(*begun()), ElementsAre("decoder_embed1.weight", "decoder_embed2.weight"));
  config_.layers = 1;
  EXPECT_THAT(names(*begun()), ElementsAre("decoder_embed.weight"));
  EXPECT_EQ(begun()->forward(batch_, draws(0.3), kFp32).errors.size(), 1u);
}

TEST_F(MixtureSeparationTest, NoGradientReachesTheTeacherAndAllReachTheStudent) {
  const auto method = taught();
  method->training_step(batch_, draws(0.3), {}).loss.backward();
  for (const auto& spec : method->teacher()->parameters().specs()) {
    const at::Tensor& tensor = method->teacher()->parameters().at(spec.name);
    EXPECT_FALSE(tensor.requires_grad()) << spec.name;
    EXPECT_FALSE(tensor.grad().defined()) << spec.name;
  }
  for (const auto& spec : method->parameters().specs()) {
    if (!spec.trainable() || spec.name.ends_with("qkv.bias")) continue;
    EXPECT_GT(method->parameters().at(spec.name).grad().abs().sum().item<double>(), 0) << spec.name;
  }
}

TEST_F(MixtureSeparationTest, TheTeacherSeesTheImagesAsItWasTrained) {
  const auto method = taught();
  const auto step = method->forward(batch_, draws(0.3), kFp32);
  // The file says mean 0.5 and deviation 0.25.
  const at::Tensor own = (batch_.tensors.at("images").to(at::kFloat) / 255 - 0.5) / 0.25;
  const at::Tensor expected =
      method->teacher()->latents(own, step.mask.ids_keep, at::kFloat, {}, {});
  const at::Tensor found = method->teacher()->latents(
      step.mixture.subordinate, step.mask.ids_keep, at::kFloat, {0.5, 0.4, 0.3}, {0.2, 0.3, 0.25});
  EXPECT_TRUE(at::allclose(found, expected, 1e-4, 1e-5));
}

TEST_F(MixtureSeparationTest, EachPairHasItsOwnWeightAndOrderWhereThatIsAsked) {
  config_.lam_scope = LamScope::per_sample;
  const auto method = begun();
  const DrawContext context{.seed = 7, .epoch = 2, .micro_batch = 5};
  const at::Tensor lam = method->draw(batch_, context).at("lam");
  ASSERT_EQ(lam.size(0), 4);
  data::Batch part = batch_;
  part.sample_ids = {2};
  EXPECT_EQ(
      method->draw(part, {.seed = 7, .epoch = 2, .micro_batch = 9}).at("lam")[0].item<double>(),
      lam[2].item<double>())
      << "a draw of the sample, wherever it stands";
  StepDraws draws{{"mask_noise", noise_}, {"lam", at::tensor({0.1, 0.9, 0.5, 1.0}, at::kDouble)}};
  const Mixture mixture = method->forward(batch_, draws, kFp32).mixture;
  const auto single = [&](std::int64_t sample, double weight) {
    return method->forward(batch_, {{"mask_noise", noise_}, {"lam", lam_of(weight)}}, kFp32)
        .mixture.subordinate[sample];
  };
  EXPECT_TRUE(at::equal(mixture.subordinate[0], single(0, 0.1)));
  EXPECT_TRUE(at::equal(mixture.subordinate[1], single(1, 0.9)));
  EXPECT_TRUE(at::equal(mixture.dominant[0], mixture.subordinate[0]) == false);
}

TEST_F(MixtureSeparationTest, ABatchSharesAWeightThatFollowsItsNumber) {
  const auto method = begun();
  const auto lam = [&](std::int64_t number) {
    return method->draw(batch_, {.seed = 7, .micro_batch = number}).at("lam");
  };
  EXPECT_EQ(lam(1).numel(), 1);
  EXPECT_TRUE(at::equal(lam(1), lam(1)));
  EXPECT_FALSE(at::equal(lam(1), lam(2)));
}

TEST_F(MixtureSeparationTest, WithoutPartnersTheNextImageOfTheBatchIsOne) {
  const auto method = begun();
  data::Batch alone = batch_;
  alone.tensors.erase("partner.images");
  const Mixture mixture = method->forward(alone, draws(0.1), kFp32).mixture;
  EXPECT_TRUE(at::equal(mixture.dominant[0], mixture.subordinate[1]));
  EXPECT_TRUE(at::equal(mixture.dominant[3], mixture.subordinate[0]));
}

TEST_F(MixtureSeparationTest, GoesOnFromItsStateToTheSameLoss) {
  const auto method = taught();
  runtime::NamedTensors state;
  for (const auto& [name, tensor] : method->state()) state[name] = tensor.clone();
  const auto again = MixtureSeparation::to_be_loaded(config_);
  again->see_data({.mean = {0.5, 0.4, 0.3}, .std = {0.2, 0.3, 0.25}});
  again->load_state(0, state);
  EXPECT_EQ(again->forward(batch_, draws(0.3), kFp32).loss.item<double>(),
            method->forward(batch_, draws(0.3), kFp32).loss.item<double>());
  state.erase("teacher.description");
  EXPECT_THROW(MixtureSeparation::to_be_loaded(config_)->load_state(0, state), DataError);
}

TEST_F(MixtureSeparationTest, HeldOutPairsAreJudgedAtOneWeight) {
  const auto method = taught();
  const auto figures = [&](std::int64_t number) {
    const auto measure = method->measure_held_out();
    measure->add(batch_, {.seed = 1, .micro_batch = number}, kFp32);
    measure->add(batch_, {.seed = 1, .micro_batch = number}, kFp32);
    return measure->figures().values;
  };
  const auto found = figures(0);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].first, "loss");
  EXPECT_NEAR(found[0].second, found[1].second + found[2].second + found[3].second, 1e-5);
  EXPECT_EQ(found, figures(9)) << "the weight is none of the batch's draws";
}

TEST_F(MixtureSeparationTest, TakesAMixtureApartIntoPicturesOfItsImages) {
  const auto method = begun();
  const at::Tensor &first = batch_.tensors.at("images"),
                   &second = batch_.tensors.at("partner.images");
  const SeparatedMixture found = method->separate(first, second, {.lam = 0.25, .mask_ratio = 0.75});
  const auto unit = [](const at::Tensor& bytes) { return bytes.to(at::kFloat) / 255; };
  EXPECT_TRUE(at::allclose(found.first, unit(first), 0, 1e-5));
  EXPECT_TRUE(at::allclose(found.mixture, 0.25 * unit(first) + 0.75 * unit(second), 0, 1e-5));
  const at::Tensor hidden = (found.masked - 118.0 / 255).abs() < 1e-6;
  const at::Tensor share = ops::patchify(hidden.to(at::kFloat), 4).mean(-1);
  EXPECT_EQ(share.eq(1).sum().item<std::int64_t>(), 4 * 3) << "three of four patches";
  EXPECT_TRUE(found.dominant.defined());
  EXPECT_EQ(mixture_strip(found, 1).images.size(0), 6);
  config_.layers = 1;
  const SeparatedMixture one = begun()->separate(first, second, {});
  EXPECT_FALSE(one.dominant.defined());
  EXPECT_EQ(mixture_strip(one, 0).names.size(), 5u);
  EXPECT_THROW(method->separate(first, second, {.lam = 1.5}), UsageError);
  EXPECT_THROW(method->separate(first, second, {.mask_ratio = 0.9}), UsageError);
}

TEST_F(MixtureSeparationTest, HandsOutItsNetworkUnderItsOwnNames) {
  const auto network = begun()->whole_network();
  EXPECT_TRUE(network.parameters.contains("decoder_embed1.weight"));
  EXPECT_FALSE(network.parameters.contains("decoder_embed.weight"));
  ASSERT_TRUE(network.decoder.has_value());
  EXPECT_EQ(network.decoder->embeddings, 2);
  EXPECT_EQ(network.decoder->predictor_name, "decoder_pred");
}

}  // namespace
}  // namespace dbot::methods
