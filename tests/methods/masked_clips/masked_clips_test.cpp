#include "dbot/methods/masked_clips/masked_clips.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/exchange/video/mae_st_names.h"
#include "dbot/methods/masked_clips/clip_costs.h"
#include "dbot/methods/masked_clips/masked_clips_entry.h"
#include "dbot/nn/vit/encoder_parameters.h"
#include "dbot/optim/optimizer.h"
#include "tests/core/temporary_folder.h"
#include "tests/methods/masked_clips/small_clips.h"

namespace dbot::methods {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr auto kClipPrecision = runtime::Precision::fp32;

class MaskedClipsTest : public testing::Test {
 protected:
  std::unique_ptr<MaskedClips> begun() const {
    auto method = std::make_unique<MaskedClips>(config_);
    method->see_data({.mean = config_.mean, .std = config_.std});
    method->begin_stage(0);
    return method;
  }

  StepDraws draws(const MaskedClips& method, const data::Batch& batch) const {
    return method.draw(batch, {.seed = 7, .stage = 0, .epoch = 1, .micro_batch = 3});
  }

  std::string refusal() const {
    try {
      check(config_, {});
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }

  MaskedClipsConfig config_ = test::small_masked_clips();
  data::Batch batch_ = test::small_clips();
};

TEST_F(MaskedClipsTest, AStepReadsWhatWasHiddenAlone) {
  for (const auto scale : {PixelScale::none, PixelScale::patch}) {
    config_.normalisation = scale;
    const auto method = begun();
    const StepDraws drawn = draws(*method, batch_);
    const auto whole = method->forward(batch_, drawn, kClipPrecision);
    const StepResult step = method->training_step(batch_, drawn, {});
    EXPECT_NEAR(step.loss.item<double>(), whole.pass.loss.item<double>(), 1e-5);
    EXPECT_EQ(whole.pass.prediction.size(1), 8);
  }
}

TEST_F(MaskedClipsTest, ClipsOfAVideoHaveMasksOfTheirOwn) {
  config_.mask.ratio = 0.75;
  config_.network.encoder.patch_size = 2;  // 32 tokens
  const auto method = begun();
  const at::Tensor mask = draws(*method, batch_).at("mask");
  ASSERT_EQ(mask.size(0), 4);
  EXPECT_FALSE(at::equal(mask[0], mask[1]));
  // Draws belong to the video and the number of the clip, wherever they lie in a batch.
  data::Batch turned = batch_;
  turned.sample_ids = {6, 5};
  const at::Tensor other = draws(*method, turned).at("mask");
  EXPECT_TRUE(at::equal(mask.slice(0, 0, 2), other.slice(0, 2)));
}

TEST_F(MaskedClipsTest, BytesAreSeenAsNormalisedPixels) {
  const auto method = begun();
  const StepDraws drawn = draws(*method, batch_);
  data::Batch floats = batch_;
  floats.tensors["clips"] = (batch_.tensors.at("clips").to(at::kFloat) / 255 - 0.45) / 0.225;
  EXPECT_NEAR(method->training_step(batch_, drawn, {}).loss.item<double>(),
              method->training_step(floats, drawn, {}).loss.item<double>(), 1e-5);
}

TEST_F(MaskedClipsTest, EveryKindOfMaskHidesAsManyTokensOfAllClips) {
  for (const auto kind : {masking::SpaceTimeMaskKind::random, masking::SpaceTimeMaskKind::tube,
                          masking::SpaceTimeMaskKind::frame, masking::SpaceTimeMaskKind::cube,
                          masking::SpaceTimeMaskKind::per_frame}) {
    config_.mask.kind = kind;
    const auto method = begun();
    const auto step = method->forward(batch_, draws(*method, batch_), kClipPrecision);
    EXPECT_EQ(step.mask.mask.sum(1).min().item<float>(), 4);
    EXPECT_EQ(step.mask.mask.sum(1).max().item<float>(), 4);
    EXPECT_TRUE(std::isfinite(step.pass.loss.item<double>()));
  }
}

TEST_F(MaskedClipsTest, ABatchMustHaveClipsOfEachVideo) {
  const auto method = begun();
  const StepDraws drawn = draws(*method, batch_);
  data::Batch without = batch_;
  without.tensors.clear();
  EXPECT_THROW(method->training_step(without, drawn, {}), UsageError);
  data::Batch odd = batch_;
  odd.tensors["clips"] = batch_.tensors.at("clips").slice(0, 0, 3);
  EXPECT_THROW(method->training_step(odd, drawn, {}), UsageError);
  data::Batch longer = batch_;
  longer.tensors["clips"] = batch_.tensors.at("clips").repeat({1, 1, 2, 1, 1});
  EXPECT_THROW(method->training_step(longer, drawn, {}), Error);
}

TEST_F(MaskedClipsTest, HeldOutLossIsTheMeanOverAllClips) {
  const auto method = begun();
  const auto measure = method->measure_held_out();
  EXPECT_TRUE(std::isnan(measure->figures().values.at(0).second));
  const DrawContext context{.seed = 7};
  data::Batch single = batch_;  // one clip of each video
  single.tensors["clips"] = batch_.tensors.at("clips").slice(0, 0, 2);
  measure->add(batch_, context, kClipPrecision);
  measure->add(single, context, kClipPrecision);
  const auto loss = [&](const data::Batch& batch) {
    return method->forward(batch, method->draw(batch, context), kClipPrecision)
        .pass.loss.item<double>();
  };
  EXPECT_NEAR(measure->figures().values.at(0).second, (2 * loss(batch_) + loss(single)) / 3, 1e-5);
}

TEST_F(MaskedClipsTest, ShowsEachVideosFirstClip) {
  const auto method = begun();
  const Gallery gallery = method->gallery(batch_, {.draws = {.seed = 5}, .names = {"one", "two"}});
  ASSERT_EQ(gallery.size(), 1U);
  EXPECT_THAT(gallery[0].explanation, HasSubstr("mean and deviation of the patch"));
  ASSERT_EQ(gallery[0].exhibits.size(), 2U);
  EXPECT_EQ(gallery[0].exhibits[1].name, "two");
  const auto& strip = std::get<Frames>(gallery[0].exhibits[1].content);
  EXPECT_EQ(strip.rows, (std::vector<std::string>{"clip", "visible", "rescaled"}));
  ASSERT_EQ(strip.frames.sizes(), (at::IntArrayRef{3, 2, 3, 8, 8}));
  // The third clip of the batch is the second video's first; of its frames 0 and 3 are predicted.
  const at::Tensor clip = batch_.tensors.at("clips")[2].to(at::kFloat) / 255;
  EXPECT_TRUE(at::allclose(strip.frames[0][0], clip.select(1, 0), 0, 1e-4));
  EXPECT_TRUE(at::allclose(strip.frames[0][1], clip.select(1, 3), 0, 1e-4));
  // Half of the tokens are grey, and where they are not the reconstruction is the clip.
  const at::Tensor grey = strip.frames[1].eq(0.5).all(1);
  EXPECT_NEAR(grey.to(at::kFloat).mean().item<double>(), 0.5, 0.01);
  const at::Tensor seen = grey.logical_not().unsqueeze(1).expand_as(strip.frames[0]);
  EXPECT_TRUE(at::allclose(strip.frames[2].masked_select(seen), strip.frames[0].masked_select(seen),
                           0, 1e-5));
}

TEST_F(MaskedClipsTest, APatchOfTheGalleryHasTheHiddenOnesMeanAndDeviation) {
  const auto method = begun();
  batch_.tensors["clips"] = batch_.tensors.at("clips").div(4, "floor") + 96;  // far from 0 and 255
  const Gallery gallery = method->gallery(batch_, {.draws = {.seed = 5}});
  const at::Tensor frames = std::get<Frames>(gallery.at(0).exhibits.at(0).content).frames;
  const auto patch = [&](std::int64_t row) { return frames[row][0].slice(1, 0, 4).slice(2, 0, 4); };
  const at::Tensor difference = patch(2).mean() - patch(0).mean();
  EXPECT_LT(difference.abs().item<double>(), 0.15);
}

TEST_F(MaskedClipsTest, ImagesAloneHaveNothingToShow) {
  const auto method = begun();
  data::Batch images = batch_;
  images.tensors.clear();
  EXPECT_TRUE(method->gallery(images, {}).empty());
  EXPECT_EQ(method->images(), nullptr);
}

TEST_F(MaskedClipsTest, VisitsEveryResultOfAStep) {
  const auto method = begun();
  std::vector<std::string> seen;
  method->visit_step(
      batch_, draws(*method, batch_), kClipPrecision,
      [&](const std::string& part, const std::string& what, const at::Tensor& value) {
        EXPECT_TRUE(value.defined());
        seen.push_back(part + ": " + what);
      });
  EXPECT_THAT(seen,
              testing::IsSupersetOf({"encoder: the result of block 1", "encoder: the final norm",
                                     "decoder: the result of block 0", "decoder: the prediction"}));
}

TEST_F(MaskedClipsTest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(refusal(), "");
  const auto refused = [&](auto change) {
    config_ = test::small_masked_clips();
    change(config_);
    return refusal();
  };
  EXPECT_THAT(refused([](auto& c) { c.mask.ratio = 0.95; }),
              HasSubstr("mask.ratio is 0.95, which leaves 0 of the 8 tokens"));
  EXPECT_THAT(refused([](auto& c) {
                c.mask.kind = masking::SpaceTimeMaskKind::frame;
                c.mask.ratio = 0.2;
              }),
              HasSubstr("leaves 8 of the 8 tokens of a clip visible by mask.kind = \"frame\""));
  EXPECT_THAT(refused([](auto& c) { c.mask.ragged_tubes = true; }), HasSubstr("mask.ragged_tubes"));
  EXPECT_THAT(refused([](auto& c) { c.network.encoder.channels = 1; }),
              HasSubstr("model.channels is 1"));
  EXPECT_THAT(refused([](auto& c) { c.network.tubelet = 3; }),
              HasSubstr("model.tubelet is 3, which does not divide clips.frames 4"));
  EXPECT_THAT(refused([](auto& c) { c.target_frames = 3; }), HasSubstr("target.frames is 3"));
  EXPECT_THAT(refused([](auto& c) { c.start = ClipStart::file; }),
              HasSubstr("start.path is empty"));
  EXPECT_THAT(refused([](auto& c) { c.start_path = "x"; }), HasSubstr("start.init is \"random\""));
  EXPECT_THAT(refused([](auto& c) {
                c.start = ClipStart::image;
                c.start_path = "x";
                c.network.attention_bias = false;
              }),
              HasSubstr("set model.attention_bias = true"));
  EXPECT_THAT(refused([](auto& c) {
                c.network.frames = 6;
                c.network.tubelet = 3;
                c.target_frames = 4;
                c.which_frames = objectives::TargetFrames::stride;
              }),
              HasSubstr("which does not divide clips.frames 6"));
}

TEST_F(MaskedClipsTest, TellsTheLoaderWhatClipsItReads) {
  const Outline told = outline(config_);
  ASSERT_TRUE(told.clips);
  EXPECT_EQ(
      *told.clips,
      (ClipInput{.frames = 4, .stride = 4, .frames_per_second = 30, .size = {8, 8}, .repeats = 2}));
}

TEST_F(MaskedClipsTest, StartsFromAFileWithThePublishedNames) {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "mae_st.safetensors").string();
  config_.seed = 9;
  const auto source = begun();
  runtime::NamedTensors theirs;
  for (const auto& [name, tensor] : exchange::mae_st_from_ours(source->parameters().named())) {
    theirs["model_state." + name] = tensor.detach().clone();
  }
  exchange::write_tensor_file(path, theirs, {});
  config_.seed = 1;
  config_.start = ClipStart::file;
  config_.start_path = path;
  const auto started = begun();
  for (const auto& [name, tensor] : source->parameters().named()) {
    EXPECT_TRUE(at::equal(tensor, started->parameters().at(name))) << name;
  }
  EXPECT_THAT(started->backbone_file().description, HasSubstr("\"sources\""));
  config_.network.encoder.depth = 3;
  EXPECT_THROW(begun(), UsageError);
}

TEST_F(MaskedClipsTest, TablesOfAFileAreResized) {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "mae_st.safetensors").string();
  exchange::write_tensor_file(path, begun()->parameters().named(), {});
  config_.start = ClipStart::file;
  config_.start_path = path;
  config_.network.frames = 8;
  config_.network.encoder.image_size = {16, 16};
  // A pixel of the target has as many values as before: one frame a step.
  const auto method = begun();
  EXPECT_EQ(method->parameters().at("pos_embed_temporal").size(1), 4);
  EXPECT_EQ(method->parameters().at("decoder_pos_embed_spatial").size(1), 16);
  EXPECT_THAT(method->facts().rows.back().second,
              HasSubstr("positions of 2×2×2 tokens resized to 4×4×4"));
}

TEST_F(MaskedClipsTest, LearnsTheClipsThatItSees) {
  const auto method = begun();
  // Brightness rises along each line and in time.
  const at::Tensor line = at::arange(8, at::kFloat).mul(12).view({1, 1, 1, 1, 8});
  const at::Tensor time = at::arange(4, at::kFloat).mul(20).view({1, 1, 4, 1, 1});
  batch_.tensors["clips"] = (line + time + 40).expand({4, 3, 4, 8, 8}).to(at::kByte).contiguous();
  const auto optimizer = optim::make_optimizer(method->parameter_groups(0), {});
  const StepDraws drawn = draws(*method, batch_);
  std::vector<double> losses;
  for (int step = 0; step < 40; ++step) {
    const at::Tensor loss = method->training_step(batch_, drawn, {}).loss;
    losses.push_back(loss.item<double>());
    loss.backward();
    optimizer->step(/*learning_rate=*/0.01);
  }
  EXPECT_LT(losses.back(), 0.3 * losses.front());
}

TEST_F(MaskedClipsTest, StartsFromAnEncoderOfImages) {
  const test::TemporaryFolder folder;
  const std::string path = (folder / "vit.safetensors").string();
  nn::EncoderConfig image = config_.network.encoder;
  image.image_size = {16, 16};
  nn::ParameterStore store(nn::encoder_parameters(image));
  store.initialise(/*seed=*/3, /*stage=*/0);
  exchange::save_encoder(path, {.config = image, .mean = {}, .std = {}}, store.named());
  config_.start = ClipStart::image;
  config_.start_path = path;
  for (const bool class_token : {true, false}) {
    config_.network.encoder.class_token = class_token;
    const auto method = begun();
    EXPECT_TRUE(method->starts_trained());
    EXPECT_TRUE(at::allclose(method->parameters().at("patch_embed.proj.weight").sum(2),
                             store.at("patch_embed.proj.weight"), 1e-5, 1e-6));
    EXPECT_TRUE(at::equal(method->parameters().at("blocks.1.mlp.fc1.weight"),
                          store.at("blocks.1.mlp.fc1.weight")));
    EXPECT_EQ(method->parameters().at("pos_embed_temporal").abs().max().item<float>(), 0);
    EXPECT_GT(method->parameters().at("decoder_embed.weight").abs().max().item<float>(), 0);
    EXPECT_THAT(method->facts().rows.back().second,
                AllOf(HasSubstr("spread over 2 frames"), HasSubstr("resized")));
  }
  config_.network.encoder.width = 32;
  EXPECT_THROW(begun(), UsageError);
}

/// ViT-L of the paper, whose cost is published: 627.5 and 81.0 billion multiply-adds.
TEST(ClipCosts, AreThePublishedOnes) {
  nn::ClipConfig network;
  network.encoder = {
      .image_size = {224, 224}, .patch_size = 16, .width = 1024, .depth = 24, .heads = 16};
  // The published program embeds all tokens and predicts all.
  EXPECT_NEAR(clip_multiply_adds(network, {.embedded = 1568, .visible = 1568, .predicted = 1568}),
              627.5e9, 6.275e9);
  EXPECT_NEAR(clip_multiply_adds(network, {.embedded = 1568, .visible = 156, .predicted = 1568}),
              81.0e9, 0.81e9);
}

TEST(ClipCosts, OfAStepAreThoseOfVisibleTokensAlone) {
  MaskedClipsConfig config = test::small_masked_clips();
  MaskedClips method(config);
  const double of_both = method.cost().operations;
  config.repeats = 1;
  EXPECT_DOUBLE_EQ(MaskedClips(config).cost().operations * 2, of_both);
  const double forward =
      clip_multiply_adds(clip_network(config), {.embedded = 4, .visible = 4, .predicted = 4});
  EXPECT_DOUBLE_EQ(of_both, 2 * 6 * forward);
}

}  // namespace
}  // namespace dbot::methods
