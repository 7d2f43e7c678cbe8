#include "dbot/methods/clip_classification/clip_classification.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/data/image/normalise.h"
#include "dbot/exchange/import/encoder_file.h"
#include "dbot/exchange/tensor_file.h"
#include "dbot/exchange/video/clip_file.h"
#include "dbot/methods/clip_classification/clip_classification_entry.h"
#include "dbot/methods/clip_classification/join_views.h"
#include "dbot/methods/masked_clips/masked_clips.h"
#include "dbot/methods/mixing_draws.h"
#include "dbot/objectives/classification_loss.h"
#include "tests/core/temporary_folder.h"
#include "tests/methods/clip_classification/small_labelled_clips.h"

namespace dbot::methods {
namespace {

using testing::HasSubstr;

class ClipClassificationTest : public testing::Test {
 protected:
  std::unique_ptr<ClipClassification> begun() const {
    auto method = std::make_unique<ClipClassification>(config_);
    method->see_data(
        {.mean = config_.mean, .std = config_.std, .classes = {"run", "walk", "wave"}});
    method->begin_stage(0);
    return method;
  }

  /// Two videos with two clips each.
  static data::Batch labelled() {
    data::Batch batch = test::small_clips();
    batch.labels = {2, 0};
    return batch;
  }

  std::string refusal() const {
    try {
      check(config_, {});
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  }

  ClipClassificationConfig config_ = test::small_clip_classifier();
  data::Batch batch_ = labelled();
};

TEST_F(ClipClassificationTest, EachClipOfAVideoHasItsLabel) {
  config_.smoothing = 0.1;
  const auto method = begun();
  data::Batch clips = batch_;  // each a sample of its own
  clips.sample_ids = {0, 1, 2, 3};
  clips.labels = {2, 2, 0, 0};
  const at::Tensor logits = method->logits(clips, runtime::Precision::fp32);
  const at::Tensor expected = objectives::soft_target_cross_entropy(
      logits, data::soft_targets(at::tensor(clips.labels, at::kLong), 3, 0.1));
  const StepResult step = method->training_step(batch_, {}, {});
  EXPECT_TRUE(at::allclose(step.loss.detach(), expected));
  ASSERT_EQ(step.scalars.size(), 1U);
  EXPECT_EQ(step.scalars[0].first, "accuracy");
}

TEST_F(ClipClassificationTest, ABoxIsMixedIntoAllFramesOfAClip) {
  const auto method = begun();
  const data::Mix mix = data::cutmix({2, 4, 4, 3}, {8, 8});
  data::Batch mixed = batch_;
  at::Tensor seen = data::clips(batch_.tensors.at("clips"), config_.mean, config_.std).seen();
  const at::Tensor before = seen.clone();
  data::mix_images(seen, mix);
  for (std::int64_t frame = 0; frame < 4; ++frame) {
    EXPECT_TRUE(at::equal(seen[0].select(1, frame).slice(1, 2, 6).slice(2, 4, 7),
                          before[3].select(1, frame).slice(1, 2, 6).slice(2, 4, 7)));
    EXPECT_TRUE(at::equal(seen[0].select(1, frame).slice(1, 0, 2),
                          before[0].select(1, frame).slice(1, 0, 2)));
  }
  mixed.tensors["clips"] = seen;
  mixed.sample_ids = {0, 1, 2, 3};
  const at::Tensor expected = objectives::soft_target_cross_entropy(
      method->logits(mixed, runtime::Precision::fp32),
      data::mixed_targets(at::tensor({2, 2, 0, 0}, at::kLong), 3, 0, mix));
  const StepResult step = method->training_step(batch_, {{"mixing", mixing_tensor(mix)}}, {});
  EXPECT_TRUE(at::allclose(step.loss.detach(), expected));
  EXPECT_TRUE(step.scalars.empty());
}

TEST_F(ClipClassificationTest, DropsFeaturesByItsDraws) {
  config_.dropout = 0.5;
  const auto method = begun();
  const StepDraws drawn = method->draw(batch_, {.seed = 7, .epoch = 1});
  ASSERT_EQ(drawn.at("dropout").sizes(), (at::IntArrayRef{16, 4}));
  EXPECT_FALSE(drawn.contains("drop_path"));
  EXPECT_FALSE(at::equal(drawn.at("dropout").select(1, 0), drawn.at("dropout").select(1, 1)));
  // Draws belong to the video and the number of the clip, wherever they lie in a batch.
  data::Batch turned = batch_;
  turned.sample_ids = {6, 5};
  const at::Tensor other = method->draw(turned, {.seed = 7, .epoch = 1}).at("dropout");
  EXPECT_TRUE(at::equal(drawn.at("dropout").slice(1, 0, 2), other.slice(1, 2)));

  const at::Tensor kept = at::full({16, 4}, 0.5), dropped = at::full({16, 4}, 0.25);
  const auto loss = [&](const at::Tensor& draws) {
    return method->training_step(batch_, {{"dropout", draws}}, {}).loss.item<double>();
  };
  // Without any feature the head's bias is left, which begins at 0.
  EXPECT_NEAR(loss(dropped), std::log(3.0), 1e-6);
  const at::Tensor head = method->parameters().at("head.weight");
  {
    const at::NoGradGuard no_grad;
    head.mul_(1e4);
  }
  const double grown = loss(kept);
  {
    const at::NoGradGuard no_grad;
    head.mul_(2);
  }
  EXPECT_NEAR(grown, method->training_step(batch_, {}, {}).loss.item<double>(), 1e-5);
}

TEST_F(ClipClassificationTest, SeveralClipsOfAVideoAddTheirProbabilities) {
  const auto method = begun();
  data::Batch clips = batch_;
  clips.sample_ids = {0, 1, 2, 3};
  const at::Tensor each = method->logits(clips, runtime::Precision::fp32).softmax(1);
  const at::Tensor both = method->logits(batch_, runtime::Precision::fp32);
  ASSERT_EQ(both.sizes(), (at::IntArrayRef{2, 3}));
  EXPECT_TRUE(at::allclose(both.exp(), each.view({2, 2, 3}).mean(1)));
  EXPECT_TRUE(at::equal(join_views(each, 1), each));
}

TEST_F(ClipClassificationTest, StartsFromAnMaeStAndIsOneItself) {
  const test::TemporaryFolder folder;
  MaskedClips pretrained(test::small_masked_clips());
  pretrained.see_data({.mean = config_.mean, .std = config_.std});
  pretrained.begin_stage(0);
  const BackboneFile file = pretrained.backbone_file();
  config_.start = ClipStart::file;
  config_.start_path = (folder / "model.safetensors").string();
  exchange::save_backbone(config_.start_path, file.description, file.tensors);
  const auto method = begun();
  for (const auto& [name, tensor] : file.tensors) {
    EXPECT_TRUE(at::equal(tensor, method->parameters().at(name))) << name;
  }
  EXPECT_LE(method->parameters().at("head.weight").abs().max().item<double>(), 2e-5);

  const BackboneFile own = method->backbone_file();
  exchange::save_backbone(folder / "own.safetensors", own.description, own.tensors);
  const exchange::LoadedClips again = exchange::load_clips(folder / "own.safetensors");
  ASSERT_TRUE(again.description.head);
  EXPECT_EQ(again.description.head->classes.size(), 3U);
  EXPECT_EQ(again.description.config.stride, 4);
  EXPECT_EQ(again.network->input().clips->frames, 4);
}

TEST_F(ClipClassificationTest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(refusal(), "");
  config_.side_views = 2;
  EXPECT_THAT(refusal(), HasSubstr("views.side is 2"));
  config_ = test::small_clip_classifier();
  config_.labels = {.share = 0.5, .per_class = 2};
  EXPECT_THAT(refusal(), HasSubstr("labels.per_class is 2"));
  config_ = test::small_clip_classifier();
  auto method = std::make_unique<ClipClassification>(config_);
  method->see_data({.mean = config_.mean, .std = config_.std});
  EXPECT_THROW(method->begin_stage(0), DataError);
}

}  // namespace
}  // namespace dbot::methods
