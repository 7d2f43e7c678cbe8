#include "dbot/run/start/plan_start.h"

#include <gmock/gmock.h>

#include "dbot/core/error.h"
#include "dbot/run/start/start_recipe.h"
#include "dbot/run/start/start_rules.h"

namespace dbot::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

StartData some_images(std::int64_t images, double side) {
  return {.images = images,
          .shorter_side = side,
          .megapixels = side * side / 1e6,
          .mean = {0.5, 0.4, 0.3},
          .std = {0.2, 0.2, 0.2},
          .looked_at = 100,
          .readable = 100,
          .distinct = 100,
          .open_seconds = 0.5};
}

StartData cifar10() {
  StartData data = some_images(50'000, 32);
  data.classes = 10;
  data.labelled_train = 50'000;
  data.labelled_test = 10'000;
  return data;
}

StartData tiny_imagenet() {
  StartData data = some_images(15'000, 64);
  data.classes = 100;
  data.labelled_train = 15'000;
  data.labelled_test = 3'000;
  return data;
}

/// As on two cores: so many images a second of the smallest network, in proportion of the others.
double seconds_of(const StartShape& shape) {
  const NetworkRule& network = kNetworkRules.at(shape.network);
  const SizeRule& size = kSizeRules.at(shape.size);
  const double tokens = static_cast<double>(size.image_size / size.patch_size);
  const double work = static_cast<double>(network.width * network.width * network.depth) * tokens *
                      tokens / (96.0 * 96 * 4 * 64);
  return work / 1500;
}

StartCosts costs_of(const StartShape& shape) {
  const double image = seconds_of(shape);
  return {.pixels = image,
          .teacher = 1.2 * image,
          .load = image / 4,
          .features = image / 2,
          .pictures = 3};
}

StartPlan plan_for_minutes(const StartData& data, double minutes, bool knows_targets = true) {
  const StartRequest request{
      .seconds = 60 * minutes, .looking = 30, .knows_targets = knows_targets};
  const StartShape shape = choose_shape(data, request, seconds_of);
  return plan_start(data, request, shape, costs_of(shape));
}

std::int64_t size_of(const StartPlan& plan) {
  return kSizeRules.at(plan.shape.size).image_size;
}

TEST(PlanStart, SmallImagesOfCifarIn30Minutes) {
  const StartPlan plan = plan_for_minutes(cifar10(), 30);
  EXPECT_EQ(size_of(plan), 32);
  EXPECT_EQ(plan.batch_size, 128);
  EXPECT_THAT(plan.targets, ElementsAre("pixels", "teacher"));
  EXPECT_EQ(kNetworkRules.at(plan.shape.network).width, 96)
      << "1.5 million images fit of this one, and no million of the next";
  EXPECT_GT(plan.images_seen, 1'000'000);
  EXPECT_EQ(plan.images_seen % (2 * 128), 0) << "stages of whole steps";
  EXPECT_EQ(plan.labels.train, kMostTrainLabels);
  EXPECT_EQ(plan.labels.test, kMostTestLabels);
  EXPECT_TRUE(plan.pictures);
}

TEST(PlanStart, MoreTimeIsALargerNetwork) {
  const StartPlan plan = plan_for_minutes(cifar10(), 20 * 60);
  EXPECT_EQ(kNetworkRules.at(plan.shape.network).depth, 12);
  EXPECT_EQ(size_of(plan), 32) << "images have no pixels for more";
}

TEST(PlanStart, ImagesOf64PixelsInTheirSize) {
  const StartPlan plan = plan_for_minutes(tiny_imagenet(), 30);
  EXPECT_EQ(size_of(plan), 64);
  EXPECT_EQ(plan.batch_size, 128);
  EXPECT_GT(plan.labels.train, 0);
}

TEST(PlanStart, PhotographsAre224PixelsWhereThereIsTimeAndSmallerElse) {
  EXPECT_EQ(size_of(plan_for_minutes(some_images(1'000, 375), 60)), 224);
  EXPECT_LT(size_of(plan_for_minutes(some_images(1'000, 375), 3)), 224);
}

TEST(PlanStart, FewPhotographsHaveASmallBatchAndNetwork) {
  const StartPlan plan = plan_for_minutes(some_images(256, 480), 30);
  EXPECT_EQ(plan.batch_size, 32) << "8 steps an epoch";
  EXPECT_EQ(plan.shape.network, 0U) << "whatever the time";
  EXPECT_FALSE(plan.labels.any()) << "there are none";
}

TEST(PlanStart, ShortRunsHaveOneStageOfPixels) {
  const StartPlan plan = plan_for_minutes(cifar10(), 2);
  EXPECT_THAT(plan.targets, ElementsAre("pixels"));
  EXPECT_LT(plan.images_seen, 400'000);
}

TEST(PlanStart, WithoutStagesOfTheirOwnTargetsPixelsAreAll) {
  EXPECT_THAT(plan_for_minutes(cifar10(), 60, false).targets, ElementsAre("pixels"));
}

TEST(PlanStart, TheForecastAddsUpToTheTime) {
  for (const double minutes : {2.0, 30.0, 600.0}) {
    const StartPlan plan = plan_for_minutes(cifar10(), minutes);
    EXPECT_NEAR(plan.forecast.total_seconds(), 60 * minutes, 5.0) << minutes;
    EXPECT_LE(plan.forecast.evaluations, kEvaluationShare * 60 * minutes) << minutes;
  }
}

TEST(PlanStart, PicturesThatTakeTooLongAreLeftOut) {
  StartCosts costs = costs_of({1, 0});
  costs.pictures = 20;
  const StartRequest request{.seconds = 120, .looking = 10};
  const StartPlan plan = plan_start(cifar10(), request, {1, 0}, costs);
  EXPECT_FALSE(plan.pictures);
  EXPECT_EQ(plan.forecast.pictures, 0);
}

TEST(PlanStart, TinyImagesAreNotEnlargedFourfold) {
  const StartPlan plan = plan_for_minutes(some_images(2'000, 16), 10);
  EXPECT_EQ(size_of(plan), 16);
  EXPECT_EQ(kSizeRules.at(plan.shape.size).patch_size, 2);
}

TEST(PlanStart, SlowLoadingIsTold) {
  StartCosts costs = costs_of({4, 0});
  costs.load = 0.3;  // of photographs of 40 megapixels
  costs.pixels = costs.teacher = 0.35;
  const StartPlan plan =
      plan_start(some_images(1'000, 5000), {.seconds = 1800, .looking = 40}, {4, 0}, costs);
  EXPECT_GT(plan.loading_share, 0.8);
  EXPECT_GT(plan.images_seen, 0);
}

TEST(PlanStart, ATimeWithoutStepsNamesOneThatWouldDo) {
  StartCosts costs = costs_of({4, 0});
  costs.pixels = costs.teacher = 2;
  try {
    plan_start(some_images(2'000, 300), {.seconds = 60, .looking = 10}, {4, 0}, costs);
    FAIL() << "expected a refusal";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("1 minutes"));
    EXPECT_THAT(error.what(), HasSubstr("minutes or more"));
  }
}

TEST(PlanStart, CandidatesAreNotTimedInVain) {
  int timed = 0;
  const auto count = [&](const StartShape& shape) {
    ++timed;
    return seconds_of(shape);
  };
  choose_shape(cifar10(), {.seconds = 120, .looking = 10}, count);
  EXPECT_EQ(timed, 1) << "the second network needs a million images, which do not fit";
}

void expect_refused(const StartData& data, const std::string& words) {
  try {
    check_start_data(data);
    FAIL() << "expected a refusal with: " << words;
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr(words));
    EXPECT_FALSE(error.fields().way_out.empty());
  }
}

TEST(CheckStartData, RefusesWhatNothingIsLearnedFrom) {
  EXPECT_NO_THROW(check_start_data(cifar10()));
  expect_refused(some_images(1, 300), "1 image, expected at least 32");
  expect_refused(some_images(10, 300), "10 images");
  StartData same = some_images(500, 300);
  same.distinct = 1;
  expect_refused(same, "the same file");
  StartData flat = some_images(500, 300);
  flat.std = {0, 0, 0};
  expect_refused(flat, "one colour");
  StartData broken = some_images(500, 300);
  broken.readable = 0;
  expect_refused(broken, "cannot be read");
}

TEST(StartBatch, HasEightStepsAnEpochFromSixtyFourImagesOn) {
  for (const std::int64_t images : {64, 100, 256, 1'000, 5'000, 1'000'000}) {
    EXPECT_GE(images / start_batch(images), 8) << images;
  }
  EXPECT_EQ(start_batch(50'000), 128);
}

TEST(StartForecast, MoreLabelsAndNumbersTakeLonger) {
  const double few = protocol_seconds({1000, 200}, 96, 10, 2e10);
  EXPECT_GT(few, 0);
  EXPECT_GT(protocol_seconds({20'000, 5'000}, 96, 10, 2e10), 4 * few);
  EXPECT_GT(protocol_seconds({1000, 200}, 3072, 10, 2e10), few);
  EXPECT_EQ(protocol_seconds({}, 96, 10, 2e10), 0);
}

TEST(StartForecast, LabelsAreHalvedUntilTheyFitAndLeftOutBelowSome) {
  const StartData data = cifar10();
  StartCosts costs = costs_of({1, 0});
  const StartLabels all = affordable_labels({1, 0}, data, costs, 2, 1e5);
  EXPECT_EQ(all.train, kMostTrainLabels);
  const StartLabels some = affordable_labels({1, 0}, data, costs, 2, 300);
  EXPECT_LT(some.train, all.train);
  EXPECT_GT(some.train, 0);
  costs.features = 1;
  EXPECT_FALSE(affordable_labels({1, 0}, data, costs, 2, 300).any());
}

}  // namespace
}  // namespace dbot::run
