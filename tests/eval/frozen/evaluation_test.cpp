#include "dbot/eval/frozen/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/data/subset.h"
#include "tests/eval/frozen/samples.h"
#include "tests/eval/frozen/small_network.h"
#include "tests/support/synthetic_dataset.h"

namespace dbot::eval {
namespace {

using ::testing::ElementsAre;

data::LabelledSplits splits(int classes = 4) {
  return {std::make_shared<test::SyntheticDataset>(80, 8, classes),
          std::make_shared<test::SyntheticDataset>(40, 8, classes), "made up"};
}

ExtractionSettings extraction() {
  ExtractionSettings settings;
  settings.mean = {0.5, 0.5, 0.5};
  settings.std = {0.25, 0.25, 0.25};
  return settings;
}

std::vector<std::string> titles(const Evaluation& evaluation) {
  std::vector<std::string> result;
  for (const EvaluationRow& row : evaluation.rows)
    result.push_back(row.protocol + " " + row.features);
  return result;
}

Evaluation evaluate(const EvaluateConfig& config) {
  return evaluate_backbone(small_network(), splits(), config, extraction(), 0, kNoStop,
                           core::silent_log());
}

TEST(Evaluation, HasARowAProtocolAndFeature) {
  EvaluateConfig config;
  const Evaluation all = evaluate(config);
  EXPECT_THAT(titles(all), ElementsAre("knn cls", "knn mean", "linear cls", "linear mean"));
  EXPECT_EQ(all.classes, 4);
  EXPECT_EQ(all.split, "made up");
  for (const EvaluationRow& row : all.rows) {
    EXPECT_EQ(row.train_samples, 80);
    EXPECT_EQ(row.test_samples, 40);
    EXPECT_GT(row.top1, 80) << row.protocol << row.features;  // the classes differ in brightness
    EXPECT_GE(row.top5, row.top1);
  }
  config.knn = false;
  config.features = "mean";
  EXPECT_THAT(titles(evaluate(config)), ElementsAre("linear mean"));
  config = {};
  config.linear = false;
  config.features = "cls";
  EXPECT_THAT(titles(evaluate(config)), ElementsAre("knn cls"));
}

TEST(Evaluation, HasGridsBesideTheMean) {
  EvaluateConfig config;
  config.features = "mean,grid:2";
  config.knn = false;
  const Evaluation grid = evaluate(config);
  EXPECT_THAT(titles(grid), ElementsAre("linear mean", "linear grid:2"));
  config.features = "mean";
  EXPECT_EQ(grid.rows[0].top1, evaluate(config).rows[0].top1);
  config.features = "grid:3";
  EXPECT_THROW(evaluate(config), UsageError);
  config.features = "most";
  EXPECT_THROW(evaluate(config), UsageError);
}

TEST(Evaluation, OfFewLabelsIsThatOfTheirImagesAlone) {
  EvaluateConfig config;
  config.share = {.per_class = 5};
  const Evaluation few = evaluate(config);
  ASSERT_EQ(few.draws.size(), 1U);
  const auto& samples = few.draws[0].samples;
  EXPECT_EQ(samples, data::draw_labelled(*splits().train, config.share, 0));
  data::LabelledSplits by_hand = splits();
  by_hand.train = data::subset(by_hand.train, samples);
  const Evaluation same =
      evaluate_backbone(small_network(), by_hand, {}, extraction(), 0, kNoStop, core::silent_log());
  for (std::size_t i = 0; i < few.rows.size(); ++i) {
    EXPECT_EQ(few.rows[i].train_samples, 20);
    EXPECT_EQ(few.rows[i].top1, same.rows[i].top1);
    EXPECT_TRUE(few.rows[i].seeds.empty());
  }
}

TEST(Evaluation, OfSeveralSeedsHasTheirMeanAndSpread) {
  EvaluateConfig config;
  config.features = "mean";
  config.share = {.per_class = 1};
  config.seeds = 3;
  const Evaluation several = evaluate(config);
  ASSERT_EQ(several.draws.size(), 3U);
  for (const EvaluationRow& row : several.rows) {
    EXPECT_EQ(row.train_samples, 4);
    ASSERT_EQ(row.seeds.size(), 3U);
    std::vector<double> top1;
    for (std::uint64_t seed = 0; seed < 3; ++seed) {
      EXPECT_EQ(row.seeds[seed].seed, seed);
      EvaluateConfig alone = config;
      alone.seeds = 1;
      const Evaluation one = evaluate_backbone(small_network(), splits(), alone, extraction(), seed,
                                               kNoStop, core::silent_log());
      const auto same = std::ranges::find(one.rows, row.protocol, &EvaluationRow::protocol);
      EXPECT_EQ(row.seeds[seed].top1, same->top1) << "as if it had been asked for alone";
      top1.push_back(same->top1);
    }
    EXPECT_EQ(row.top1, mean_and_spread(top1).mean);
    EXPECT_EQ(row.top1_spread, mean_and_spread(top1).spread);
  }
}

TEST(Evaluation, AsMaeDoesHasARowAKind) {
  EvaluateConfig config;
  config.knn = false;
  config.features = "mean,cls,grid:2";
  config.probe = ProbeProtocol::mae;
  config.mae_epochs = 2;
  config.seeds = 2;
  const Evaluation as_mae = evaluate(config);
  EXPECT_THAT(titles(as_mae),
              ElementsAre("linear_mae mean", "linear_mae cls", "linear_mae grid:2"));
  for (const EvaluationRow& row : as_mae.rows) {
    EXPECT_EQ(row.train_samples, 80);
    EXPECT_EQ(row.test_samples, 40);
    EXPECT_EQ(row.seeds.size(), 2U);
  }
}

TEST(Evaluation, OfPixelsHasOneKindOfFeature) {
  const Evaluation pixels = evaluate_pixels({.images = {{8, 8}, 3}}, splits(), {}, extraction(), 0,
                                            kNoStop, core::silent_log());
  EXPECT_THAT(titles(pixels), ElementsAre("knn pixels", "linear pixels"));
}

/// The passes of an evaluation as "images 80", in their order. In the pass `stop_in` a stop is
/// asked for.
std::vector<std::string> passes(bool pixels, std::size_t stop_in = 0) {
  core::StopRequest stop;
  std::vector<std::string> told;
  std::int64_t last = 0;
  ExtractionSettings settings = extraction();
  settings.batch_size = 16;
  settings.progress = [&](const core::PassProgress& now) {
    if (now.done <= last || told.empty()) {
      told.push_back(now.doing + (now.doing.empty() ? "" : " ") + std::to_string(now.total));
      if (told.size() == stop_in) stop.request();
    }
    EXPECT_LE(now.done, now.total);
    last = now.done;
  };
  if (pixels) {
    evaluate_pixels({.images = {{8, 8}, 3}}, splits(), {}, settings, 0, stop, core::silent_log());
  } else {
    evaluate_backbone(small_network(), splits(), {}, settings, 0, stop, core::silent_log());
  }
  return told;
}

TEST(Evaluation, TellsOfEveryPass) {
  EXPECT_THAT(passes(/*pixels=*/false), ElementsAre("80", "40", "k-NN 40", "k-NN 40",
                                                    "linear probe 1000", "linear probe 1000"));
  EXPECT_THAT(passes(/*pixels=*/true), ElementsAre("80", "40", "k-NN 40", "linear probe 1000"));
}

TEST(Evaluation, StopsInEveryPass) {
  for (const std::size_t pass : {1, 2, 3, 4, 5, 6}) {
    EXPECT_THROW(passes(/*pixels=*/false, pass), Stopped) << pass;
  }
  for (const std::size_t pass : {1, 2, 3, 4}) {
    EXPECT_THROW(passes(/*pixels=*/true, pass), Stopped) << pass;
  }
}

TEST(Evaluation, LimitsItsSamplesAlikeEveryTime) {
  EvaluateConfig config;
  config.max_train_images = 24;
  config.max_test_images = 100;  // more than there are
  const auto names = [&](std::uint64_t seed) {
    const data::LabelledSplits limited = limit_splits(splits(), config, seed);
    EXPECT_EQ(limited.train->size(), 24);
    EXPECT_EQ(limited.test->size(), 40);
    std::vector<std::string> result;
    for (std::int64_t i = 0; i < 24; ++i) result.push_back(limited.train->name(i));
    return result;
  };
  EXPECT_EQ(names(1), names(1));
  EXPECT_NE(names(1), names(2));
  for (const EvaluationRow& row : evaluate(config).rows) EXPECT_EQ(row.train_samples, 24);
}

TEST(Evaluation, NeedsTwoClasses) {
  EXPECT_THROW(evaluate_backbone(small_network(), splits(1), {}, extraction(), 0, kNoStop,
                                 core::silent_log()),
               DataError);
}

TEST(RawPixels, AreComparedAtSixtyFourPixelsAtMost) {
  EXPECT_EQ(raw_pixel_size({32, 32}), (core::Size{32, 32}));
  EXPECT_EQ(raw_pixel_size({64, 64}), (core::Size{64, 64}));
  EXPECT_EQ(raw_pixel_size({224, 224}), (core::Size{64, 64}));
  EXPECT_EQ(raw_pixel_size({192, 256}), (core::Size{48, 64}));
  EXPECT_EQ(raw_pixel_size({8192, 16}), (core::Size{64, 1}));
}

}  // namespace
}  // namespace dbot::eval
