#include "dbot/eval/frozen/linear_probe.h"

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <limits>

#include "dbot/core/error.h"
#include "tests/eval/frozen/samples.h"

namespace dbot::eval {
namespace {

ProbeResult probe(const SampleSet& train, const SampleSet& test, LinearProbeConfig config = {},
                  std::int64_t classes = 2) {
  const core::StopRequest stop;
  return linear_probe(train.features, train.labels, test.features, test.labels, classes, config,
                      stop);
}

TEST(LinearProbe, SeparatesWhatIsSeparable) {
  for (const std::int64_t samples : {40, 200, 3000}) {
    const ProbeResult result = probe(two_clouds(samples, 4, 1), two_clouds(500, 4, 2));
    EXPECT_EQ(result.top1, 100) << samples;
    EXPECT_EQ(result.top5, 100);
    EXPECT_LT(result.train_loss, 0.2);
  }
}

TEST(LinearProbe, DoesNotDependOnScaleAndPlaceOfAFeature) {
  SampleSet train = two_clouds(400, 4, 1, 1.0), test = two_clouds(400, 4, 2, 1.0);
  const double before = probe(train, test).top1;
  const at::Tensor scale = matrix(1, 4, {1000, 0.01F, 1, 30});
  const at::Tensor shift = matrix(1, 4, {-5000, 3, 100, 0});
  const SampleSet moved_train{train.features.mul(scale).add(shift), train.labels};
  const SampleSet moved_test{test.features.mul(scale).add(shift), test.labels};
  EXPECT_GT(before, 75);
  EXPECT_LT(before, 95);
  EXPECT_NEAR(probe(moved_train, moved_test).top1, before, 1.5);
}

TEST(LinearProbe, IsNearChanceOnNoise) {
  const ProbeResult result = probe(two_clouds(2000, 8, 1, 0), two_clouds(2000, 8, 2, 0));
  EXPECT_NEAR(result.top1, 50, 6);
  EXPECT_NEAR(result.train_loss, 0.69, 0.02);
}

TEST(LinearProbe, IsDeterministic) {
  const SampleSet train = two_clouds(700, 8, 1, 0.5), test = two_clouds(700, 8, 2, 0.5);
  LinearProbeConfig config;
  config.epochs = 5;
  const ProbeResult first = probe(train, test, config), second = probe(train, test, config);
  EXPECT_EQ(first.train_loss, second.train_loss);
  EXPECT_EQ(first.top1, second.top1);
  config.seed = 1;
  EXPECT_NE(probe(train, test, config).train_loss, first.train_loss);
}

TEST(LinearProbe, LeavesUnlabelledSamplesOut) {
  SampleSet train = two_clouds(600, 4, 1), test = two_clouds(100, 4, 2);
  // Unlabelled rows far away would spoil the moments; in the test set they would count as wrong.
  train.features.slice(0, 0, 300).mul_(1e6);
  train.labels.slice(0, 0, 300).fill_(-1);
  test.labels.slice(0, 0, 50).fill_(-1);
  EXPECT_EQ(probe(train, test).top1, 100);
}

TEST(LinearProbe, TakesConstantFeaturesAndAbsentClasses) {
  SampleSet train = two_clouds(200, 4, 1), test = two_clouds(100, 4, 2);
  train.features.select(1, 2).fill_(7);
  test.features.select(1, 2).fill_(7);
  EXPECT_EQ(probe(train, test, {}, /*classes=*/40).top1, 100);
}

TEST(LinearProbe, RefusesWhatCannotBeLearnt) {
  const SampleSet good = two_clouds(20, 4, 1);
  EXPECT_THROW(probe(good, good, {}, 1), DataError);
  const SampleSet unlabelled{good.features, good.labels.clone().fill_(-1)};
  EXPECT_THROW(probe(unlabelled, good), DataError);
  EXPECT_THROW(probe(good, unlabelled), DataError);
  const SampleSet one_class{good.features, good.labels.clone().fill_(1)};
  EXPECT_THROW(probe(one_class, good), DataError);
  SampleSet infinite{good.features.clone(), good.labels};
  infinite.features[3][2] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(probe(infinite, good), Error);
  EXPECT_THROW(probe(good, two_clouds(20, 5, 1)), Error);
  LinearProbeConfig config;
  config.epochs = 0;
  EXPECT_THROW(probe(good, good, config), UsageError);
}

TEST(LinearProbe, StopsOnRequest) {
  const SampleSet set = two_clouds(20, 4, 1);
  core::StopRequest stop;
  stop.request();
  EXPECT_THROW(linear_probe(set.features, set.labels, set.features, set.labels, 2, {}, stop),
               Stopped);
}

TEST(LinearProbe, TellsOfEveryStepAndStopsInBetween) {
  const SampleSet set = two_clouds(40, 4, 1);
  core::StopRequest stop;
  std::int64_t done = 0, total = 0;
  const auto train = [&](std::int64_t last) {
    done = 0;
    linear_probe(set.features, set.labels, set.features, set.labels, 2, {}, stop,
                 [&](const core::PassProgress& now) {
                   EXPECT_EQ(now.done, done + 1);
                   EXPECT_EQ(now.counted, core::Counted::steps);
                   done = now.done;
                   total = now.total;
                   if (done == last) stop.request();
                 });
  };
  train(/*last=*/0);
  EXPECT_EQ(done, total);
  EXPECT_GE(total, 1000);
  EXPECT_THROW(train(/*last=*/7), Stopped);
  EXPECT_EQ(done, 7);
}

}  // namespace
}  // namespace dbot::eval
