#include "dbot/methods/classification/classification.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "dbot/core/error.h"
#include "dbot/data/image/normalise.h"
#include "dbot/methods/mixing_draws.h"
#include "dbot/methods/state_names.h"
#include "dbot/objectives/classification_loss.h"

namespace dbot::methods {
namespace {

using testing::HasSubstr;

ClassificationConfig tiny_classifier() {
  ClassificationConfig config;
  config.encoder = {
      .image_size = {16, 16}, .channels = 3, .patch_size = 4, .width = 24, .depth = 2, .heads = 2};
  config.seed = 5;
  return config;
}

const DataFacts kThreeClasses{
    .mean = {0.5, 0.4, 0.3}, .std = {0.2, 0.3, 0.25}, .classes = {"ant", "bee", "cat"}};

std::unique_ptr<Classification> begun_classifier(const ClassificationConfig& config) {
  auto method = std::make_unique<Classification>(config);
  method->see_data(kThreeClasses);
  method->begin_stage(0);
  return method;
}

data::Batch labelled_batch(std::vector<std::int64_t> ids) {
  data::Batch batch;
  const auto size = static_cast<std::int64_t>(ids.size());
  batch.tensors["images"] = at::randint(0, 256, {size, 3, 16, 16}, at::kByte);
  for (const std::int64_t id : ids) batch.labels.push_back(id % 3);
  batch.sample_ids = std::move(ids);
  return batch;
}

at::Tensor normalised_images(const data::Batch& batch) {
  return data::normalise(batch.tensors.at("images"), kThreeClasses.mean, kThreeClasses.std);
}

TEST(Classification, TheHeadStartsWithItsDeviationAndABiasOfZero) {
  ClassificationConfig config = tiny_classifier();
  config.encoder.width = 240;  // enough draws for a deviation
  for (const bool truncated : {false, true}) {
    config.head = {.deviation = 0.01, .truncated = truncated};
    const auto method = begun_classifier(config);
    const at::Tensor head = method->parameters().at("head.weight").detach();
    // Within one deviation the deviation is 0.54 of it.
    EXPECT_NEAR(head.std().item<double>(), truncated ? 0.0054 : 0.01, 6e-4);
    EXPECT_EQ(head.abs().max().item<double>() <= 0.01, truncated);
    EXPECT_EQ(method->parameters().at("head.bias").abs().max().item<double>(), 0);
  }
}

TEST(Classification, TheDrawsMixTheBatchAndItsTargets) {
  ClassificationConfig config = tiny_classifier();
  config.smoothing = 0.1;
  config.mixing = {.mixup = 0.8, .cutmix = 1.0};
  const auto method = begun_classifier(config);
  const data::Batch batch = labelled_batch({3, 1, 5, 8});
  for (const auto& mix :
       {data::Mix{.kept = 0.3, .box = std::nullopt}, data::cutmix({2, 4, 8, 6}, {16, 16})}) {
    const StepResult result = method->training_step(batch, {{"mixing", mixing_tensor(mix)}}, {});
    data::Batch mixed = batch;
    at::Tensor images = normalised_images(batch);
    data::mix_images(images, mix);
    mixed.tensors["images"] = images;
    const at::Tensor expected = objectives::soft_target_cross_entropy(
        method->logits(mixed, runtime::Precision::fp32),
        data::mixed_targets(at::tensor(batch.labels, at::kLong), 3, 0.1, mix));
    EXPECT_TRUE(at::allclose(result.loss.detach(), expected));
    EXPECT_TRUE(result.scalars.empty()) << "an accuracy of mixed images says nothing";
  }
}

TEST(Classification, EachBatchIsMixedInAnotherWayAndTheSameOneAgainAlike) {
  ClassificationConfig config = tiny_classifier();
  config.mixing = {.mixup = 0.8, .cutmix = 1.0};
  const auto method = begun_classifier(config);
  const auto drawn = [&](std::vector<std::int64_t> ids, std::int64_t micro_batch) {
    return method->draw(labelled_batch(std::move(ids)), {.seed = 1, .micro_batch = micro_batch})
        .at("mixing");
  };
  EXPECT_TRUE(at::equal(drawn({3, 1}, 7), drawn({3, 1}, 7)));
  EXPECT_FALSE(at::equal(drawn({3, 1}, 7), drawn({3, 1}, 8)));
  EXPECT_TRUE(at::equal(drawn({3, 1}, 7), drawn({4, 2}, 7)))
      << "processes that train together hold other samples of the same batch";
  EXPECT_FALSE(
      begun_classifier(tiny_classifier())->draw(labelled_batch({1}), {}).contains("mixing"));
}

TEST(Classification, TellsTheAccuracyOfABatchThatIsNotMixed) {
  const auto method = begun_classifier(tiny_classifier());
  data::Batch batch = labelled_batch({0, 1, 2, 3});
  const at::Tensor said = method->logits(batch, runtime::Precision::fp32).argmax(1);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto label = said[static_cast<std::int64_t>(i)].item<std::int64_t>();
    batch.labels[i] = i == 0 ? (label + 1) % 3 : label;
  }
  const StepResult result = method->training_step(batch, {}, {});
  ASSERT_EQ(result.scalars.size(), 1u);
  EXPECT_EQ(result.scalars[0].first, "accuracy");
  EXPECT_EQ(result.scalars[0].second.item<double>(), 75);
}

TEST(Classification, HeldOutSamplesAreJudgedWithoutMixingAndSmoothing) {
  ClassificationConfig config = tiny_classifier();
  config.smoothing = 0.1;
  config.drop_path = 0.5;
  config.mixing = {.mixup = 0.8, .cutmix = 1.0};
  EXPECT_NE(Classification(config).measure_held_out(), nullptr) << "asked before the run begins";
  const auto method = begun_classifier(config);
  const data::Batch batch = labelled_batch({3, 1, 5, 8});
  const auto measure = method->measure_held_out();
  measure->add(batch, {}, runtime::Precision::fp32);
  const HeldOutFigures figures = measure->figures();
  const at::Tensor logits = method->logits(batch, runtime::Precision::fp32);
  const at::Tensor labels = at::tensor(batch.labels, at::kLong);
  ASSERT_EQ(figures.values.size(), 2U);
  EXPECT_EQ(figures.values[0].second,
            logits.argmax(1).eq(labels).to(at::kDouble).mean().item<double>() * 100);
  EXPECT_NEAR(figures.values[1].second,
              objectives::label_smoothing_cross_entropy(logits, labels, 0).item<double>(), 1e-6);
}

TEST(Classification, NeedsALabelForEverySampleAndClasses) {
  const auto method = begun_classifier(tiny_classifier());
  data::Batch batch = labelled_batch({0, 1});
  batch.labels[1] = -1;
  EXPECT_THROW(method->training_step(batch, {}, {}), DataError);
  batch.labels.clear();
  EXPECT_THROW(method->training_step(batch, {}, {}), DataError);
  Classification without(tiny_classifier());
  without.see_data({.mean = kThreeClasses.mean, .std = kThreeClasses.std});
  EXPECT_THROW(without.begin_stage(0), DataError);
}

TEST(Classification, TheLearningRateFallsTowardsTheInput) {
  ClassificationConfig config = tiny_classifier();
  config.layer_decay = 0.5;
  const auto method = begun_classifier(config);
  const nn::ParameterStore& store = method->parameters();
  // Every trained parameter is in one group, with the rate of its layer; gaps are in one, too.
  std::int64_t elements = 0;
  std::map<const void*, const optim::ParameterGroup*> group_at;
  const auto groups = method->parameter_groups(0.05);
  for (const auto& group : groups) {
    elements += group.values.numel();
    group_at[group.values.const_data_ptr()] = &group;
  }
  EXPECT_EQ(elements, store.trainable_end());
  const auto group_of = [&](const char* name) {
    return *std::prev(group_at.upper_bound(store.at(name).const_data_ptr()))->second;
  };
  for (const auto& [name, rate, decay] : {std::tuple{"pos_embed", 0.125, 0.0},
                                          {"cls_token", 0.125, 0.0},
                                          {"patch_embed.proj.weight", 0.125, 0.05},
                                          {"blocks.0.mlp.fc1.weight", 0.25, 0.05},
                                          {"blocks.1.norm1.bias", 0.5, 0.0},
                                          {"head.weight", 1.0, 0.05},
                                          {"head.bias", 1.0, 0.0},
                                          {"fc_norm.weight", 1.0, 0.0}}) {
    EXPECT_EQ(group_of(name).rate_scale, rate) << name;
    EXPECT_EQ(group_of(name).weight_decay, decay) << name;
  }
}

TEST(Classification, ItsStateNamesTheClasses) {
  const auto method = begun_classifier(tiny_classifier());
  const runtime::NamedTensors state = method->state();
  const auto stored = Classification::to_be_loaded(tiny_classifier());
  stored->load_state(0, state);
  EXPECT_THAT(stored->classes(), testing::ElementsAre("ant", "bee", "cat"));
  const data::Batch batch = labelled_batch({0, 1});
  stored->see_data(kThreeClasses);
  EXPECT_TRUE(at::equal(stored->logits(batch, runtime::Precision::fp32),
                        method->logits(batch, runtime::Precision::fp32)));
  auto other = Classification::to_be_loaded(tiny_classifier());
  other->see_data(
      {.mean = kThreeClasses.mean, .std = kThreeClasses.std, .classes = {"ant", "bee", "dog"}});
  EXPECT_THROW(other->load_state(0, state), DataError);
  EXPECT_THROW(other->load_state(0, with_prefix("student.", method->parameters().named())),
               DataError);
}

TEST(Classification, BothPoolingsGiveABackboneWithFeatures) {
  for (const auto pooling : {nn::Pooling::mean, nn::Pooling::cls}) {
    ClassificationConfig config = tiny_classifier();
    config.pooling = pooling;
    const auto method = begun_classifier(config);
    const bool mean = pooling == nn::Pooling::mean;
    EXPECT_EQ(method->parameters().contains("norm.weight"), !mean);
    EXPECT_EQ(method->parameters().contains("fc_norm.weight"), mean);
    const auto features = method->backbone().features(
        {{"images", normalised_images(labelled_batch({0, 1}))}}, at::kFloat);
    EXPECT_EQ(features.at("mean").sizes(), (std::vector<std::int64_t>{2, 24}));
    EXPECT_THAT(method->describe_backbone(),
                HasSubstr(mean ? "\"pooling\":\"mean\"" : "\"pooling\":\"cls\""));
  }
}

}  // namespace
}  // namespace dbot::methods
