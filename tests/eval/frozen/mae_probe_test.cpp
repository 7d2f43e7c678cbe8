#include "dbot/eval/frozen/mae_probe.h"

#include <ATen/core/Tensor.h>
#include <gmock/gmock.h>

#include "dbot/core/error.h"
#include "dbot/data/subset.h"
#include "dbot/eval/frozen/mae_probe_head.h"
#include "tests/eval/frozen/samples.h"
#include "tests/eval/frozen/small_network.h"
#include "tests/support/synthetic_dataset.h"

namespace dbot::eval {
namespace {

ExtractionSettings sixteen_at_once() {
  ExtractionSettings settings;
  settings.mean = {0.5, 0.5, 0.5};
  settings.std = {0.25, 0.25, 0.25};
  settings.batch_size = 16;
  return settings;
}

class MaeProbe : public testing::Test {
 protected:
  std::vector<ProbeResult> probe(const MaeProbeConfig& config,
                                 const ExtractionSettings& settings = sixteen_at_once()) {
    return mae_probe(source_, train_, test_, 4, config, settings, kNoStop, core::silent_log());
  }

  nn::VisionTransformer network_ = small_network();
  ChosenFeatures chosen_{network_, {.kinds = {"mean", "grid:2"}}};
  ExtractionSettings settings_ = sixteen_at_once();
  FeatureSource source_ = network_source(network_, chosen_, settings_);
  std::shared_ptr<const data::Dataset> train_ = std::make_shared<test::SyntheticDataset>(90, 8);
  Features test_ = extract_features(source_, std::make_shared<test::SyntheticDataset>(40, 8),
                                    sixteen_at_once(), kNoStop, core::silent_log());
  // The published rate is made for thousands of steps of 16384 samples, not for hundreds of 16.
  MaeProbeConfig config_{.epochs = 60, .batch_size = 16, .base_lr = 160};
};

TEST_F(MaeProbe, LearnsWhatTheNetworkTellsApart) {
  const std::vector<ProbeResult> results = probe(config_);
  ASSERT_EQ(results.size(), 2U) << "one for each kind of features";
  for (const ProbeResult& result : results) {
    EXPECT_GT(result.top1, 50);  // the classes differ in brightness; chance is 25
    EXPECT_EQ(result.top5, 100);
    EXPECT_LT(result.train_loss, 1.0) << "chance is 1.39";
  }
}

TEST_F(MaeProbe, IsAFunctionOfItsSeed) {
  config_.epochs = 2;
  const double first = probe(config_)[0].train_loss;
  EXPECT_EQ(probe(config_)[0].train_loss, first);
  config_.seed = 1;
  EXPECT_NE(probe(config_)[0].train_loss, first);
}

TEST_F(MaeProbe, WalksThroughTheImagesInWholeSteps) {
  ExtractionSettings settings = sixteen_at_once();
  std::vector<core::PassProgress> told;
  settings.progress = [&](const core::PassProgress& progress) { told.push_back(progress); };
  probe({.epochs = 3, .batch_size = 64}, settings);
  // A step of 64 images in four chunks of 16; the other 26 images of an epoch fill none.
  EXPECT_EQ(told.size(), 3U * 4);
  EXPECT_EQ(told.back().done, 3 * 64);
  EXPECT_EQ(told.back().total, 3 * 64);
}

TEST_F(MaeProbe, TakesSmallerStepsOfSmallerSets) {
  std::vector<core::PassProgress> told;
  ExtractionSettings settings = sixteen_at_once();
  settings.progress = [&](const core::PassProgress& progress) { told.push_back(progress); };
  probe({.epochs = 1}, settings);
  EXPECT_EQ(told.back().total, 90) << "six chunks of 15";
}

TEST_F(MaeProbe, RefusesWhatCannotBeLearnt) {
  config_.epochs = 0;
  EXPECT_THROW(probe(config_), UsageError);
  config_.epochs = 1;
  train_ = data::subset(train_, {0, 4, 8});
  EXPECT_THROW(probe(config_), DataError) << "one class";
  core::StopRequest stop;
  stop.request();
  train_ = std::make_shared<test::SyntheticDataset>(90, 8);
  EXPECT_THROW(
      mae_probe(source_, train_, test_, 4, config_, sixteen_at_once(), stop, core::silent_log()),
      Stopped);
}

TEST(MaeProbeHead, FollowsTheMomentsAsBatchNormDoes) {
  MaeProbeHead head(2, 1, 0);
  const at::Tensor batch = matrix(4, 1, {1, 2, 3, 6});
  const std::vector<std::int64_t> labels{0, 0, 1, 1};
  head.step(batch, labels.data(), 0.1);
  // Mean 3, biased variance 3.5, unbiased 14/3.
  EXPECT_FLOAT_EQ(head.state().at("0.running_mean").item<float>(), 0.3F);
  EXPECT_FLOAT_EQ(head.state().at("0.running_var").item<float>(), 0.9F + 0.1F * 14.0F / 3);
  EXPECT_EQ(head.state().at("0.num_batches_tracked").item<std::int64_t>(), 1);
  EXPECT_THROW(head.step(matrix(1, 1, {1}), labels.data(), 0.1), Error);
}

TEST(MaeProbeHead, ScalesTheWeightsStepToTheWeightAndNotTheBiass) {
  MaeProbeHead head(2, 1, 0);
  runtime::NamedTensors state = head.state();
  state["1.weight"] = matrix(2, 1, {3, 4});
  head.load_state(state);
  const at::Tensor batch = matrix(2, 1, {-1, 1});
  const std::vector<std::int64_t> labels{1, 1};
  head.step(batch, labels.data(), 1);
  const at::Tensor moved = head.state().at("1.weight").sub(matrix(2, 1, {3, 4}));
  EXPECT_NEAR(moved.norm().item<double>(), 0.001 * 5, 1e-5) << "trust 0.001 of the norm 5";
  const at::Tensor bias = head.state().at("1.bias");
  EXPECT_GT(bias.norm().item<double>(), 0.1) << "not scaled";
}

}  // namespace
}  // namespace dbot::eval
