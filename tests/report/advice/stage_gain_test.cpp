#include "dbot/report/advice/stage_gain.h"

#include <gmock/gmock.h>

#include <fstream>

#include "dbot/report/advice/stage_observer.h"
#include "tests/core/temporary_folder.h"
#include "tests/report/advice/healthy_run.h"

namespace dbot::report {
namespace {

using testing::HasSubstr;

EvaluationRecord of_stage(std::int64_t stage, double knn, double linear,
                          std::int64_t images = 5000) {
  EvaluationRecord record = evaluation("stage " + std::to_string(stage), knn);
  record.results.push_back(record.results.front());
  record.results.back().protocol = "linear";
  record.results.back().top1 = linear;
  for (EvaluationRow& row : record.results) row.test_samples = images;
  return record;
}

Observed two_stages(EvaluationRecord first, EvaluationRecord second) {
  Observed run = observed();
  run.figures.planned_stages = 2;
  run.figures.evaluations = {evaluation("raw pixels", 42), evaluation("untrained network", 32),
                             std::move(first), std::move(second)};
  return run;
}

PictureSet end_of(std::int64_t stage, double rank, double cosine) {
  PictureSet set = healthy_set();
  set.moment = Moment::stage;
  set.stage = stage - 1;
  set.health.images = 256;
  set.health.effective_rank = rank;
  set.health.mean_cosine = cosine;
  return set;
}

TEST(StageGain, PaysWhereSomeAccuracyRisesByMoreThanItsNoise) {
  // Two standard errors at half of 5,000 images are 1.41 points.
  const auto gain = stage_gain(two_stages(of_stage(1, 41.9, 49.5), of_stage(2, 47.5, 50.7)), 1);
  ASSERT_TRUE(gain);
  EXPECT_TRUE(gain->by_labels);
  EXPECT_TRUE(gain->paid());
  ASSERT_EQ(gain->measures.size(), 2u);
  EXPECT_EQ(gain->measures[0].direction(), 0) << "1.2 points may be chance";
  EXPECT_EQ(gain->measures[1].direction(), 1);
  EXPECT_NEAR(gain->measures[0].noise, 1.41, 0.01);
  EXPECT_THAT(gain_sentence(*gain), HasSubstr("stage 2 paid: "));
  EXPECT_FALSE(stage_gain(two_stages(of_stage(1, 1, 1), of_stage(2, 2, 2)), 0)) << "nothing before";
}

TEST(StageGain, DidNotPayWithinTheNoiseAndIsWorseBelowIt) {
  const auto level = stage_gain(two_stages(of_stage(1, 47, 50), of_stage(2, 47.5, 49.5)), 1);
  EXPECT_FALSE(level->paid());
  EXPECT_FALSE(level->is_worse());
  EXPECT_THAT(gain_sentence(*level), HasSubstr("did not pay"));
  const auto worse = stage_gain(two_stages(of_stage(1, 47, 50), of_stage(2, 44, 50)), 1);
  EXPECT_TRUE(worse->is_worse());
  EXPECT_THAT(gain_sentence(*worse), HasSubstr("is worse than stage 1"));
  const auto mixed = stage_gain(two_stages(of_stage(1, 47, 50), of_stage(2, 44, 55)), 1);
  EXPECT_TRUE(mixed->paid());
  EXPECT_FALSE(mixed->is_worse());
}

TEST(StageGain, WhatWasMeasuredOtherwiseIsNotCompared) {
  EXPECT_FALSE(stage_gain(two_stages(of_stage(1, 40, 40), of_stage(2, 50, 50, 1000)), 1));
  Observed run = observed();
  run.pictures = {end_of(1, 30, 0.5), end_of(2, 60, 0.2)};
  run.pictures[1].health.images = 100;
  EXPECT_FALSE(stage_gain(run, 1));
}

TEST(StageGain, GoesByRankAndCosineWithoutLabels) {
  Observed run = observed();
  run.pictures = {end_of(1, 30, 0.50), end_of(2, 32, 0.49)};
  EXPECT_FALSE(stage_gain(run, 1)->by_labels);
  EXPECT_FALSE(stage_gain(run, 1)->paid()) << "a tenth and 0.02 are within the noise";
  run.pictures[1] = end_of(2, 34, 0.50);
  EXPECT_TRUE(stage_gain(run, 1)->paid());
  run.pictures[1] = end_of(2, 20, 0.55);
  EXPECT_TRUE(stage_gain(run, 1)->is_worse());
  run.pictures[1] = end_of(2, 25, 0.42);
  EXPECT_FALSE(stage_gain(run, 1)->paid()) << "signs against each other say nothing";
  EXPECT_FALSE(stage_gain(run, 1)->is_worse());
  // Classes that say nothing of the images decide nothing either.
  run.pictures[1] = end_of(2, 20, 0.55);
  run.figures.evaluations = {of_stage(1, 40, 40), of_stage(2, 60, 60)};
  EXPECT_TRUE(stage_gain(run, 1)->paid());
  run.class_doubt = "look like years";
  EXPECT_TRUE(stage_gain(run, 1)->is_worse());
}

TEST(StageGain, TheFindingSaysWhetherAnotherStagePays) {
  Observed run = two_stages(of_stage(1, 40, 45), of_stage(2, 47, 50));
  const Advice paid = *find(advise(run), "stages");
  EXPECT_EQ(paid.severity, Severity::note);
  EXPECT_THAT(paid.todo, HasSubstr("stages.count = 3"));
  run.figures.planned_stages = 3;
  EXPECT_EQ(find(advise(run), "stages")->severity, Severity::good) << "the next one is planned";
  run = two_stages(of_stage(1, 47, 50), of_stage(2, 40, 45));
  EXPECT_THAT(find(advise(run), "stages")->todo, HasSubstr("stage-1.safetensors"));
}

TEST(FirstLoss, IsJudgedByTheObjectiveOfItsStage) {
  Observed run = observed();
  run.expected = {expected_loss("mse", "patch", 2), expected_loss("smooth_l1", "token", 2)};
  run.figures.stages[0].first_loss = 1.4;
  run.figures.stages[1].first_loss = 0.3;
  EXPECT_EQ(find(advise(run), "first_loss")->severity, Severity::good);
  EXPECT_THAT(find(advise(run), "first_loss")->seen, HasSubstr("The first step of stage 2"));
  run.figures.stages[1].first_loss = 1.4;  // right for pixels alone
  EXPECT_EQ(find(advise(run), "first_loss")->severity, Severity::warning);
}

/// One line of metrics.jsonl.
std::string evaluation_line(std::int64_t stage, double top1) {
  return R"({"type":"evaluation","step":)" + std::to_string(10 * stage) + R"(,"stage":)" +
         std::to_string(stage) + R"(,"label":"stage )" + std::to_string(stage) +
         R"(","moment":"stage","epoch":1,"results":[{"protocol":"knn","features":"mean","top1":)" +
         std::to_string(top1) + R"(,"top5":90,"train_samples":100,"test_samples":1000}]})" + "\n";
}

TEST(StageObserver, DecidesByWhatStandsInTheFolderAlone) {
  const test::TemporaryFolder folder;
  std::vector<std::string> said;
  StageObserver observer(folder.path(), {},
                         [&](core::LogLevel, std::string_view text) { said.emplace_back(text); });
  EXPECT_TRUE(observer.makes_next_stage(0));
  EXPECT_TRUE(said.empty());
  EXPECT_TRUE(observer.makes_next_stage(1)) << "nothing was measured";
  EXPECT_THAT(said.back(), HasSubstr("not measured"));
  std::ofstream(folder / "metrics.jsonl")
      << evaluation_line(1, 40) << evaluation_line(2, 50) << evaluation_line(3, 49);
  EXPECT_TRUE(observer.makes_next_stage(1));
  EXPECT_FALSE(observer.makes_next_stage(2));
  EXPECT_THAT(said.back(), HasSubstr("stage 3 did not pay"));
  ASSERT_EQ(observer.gains().size(), 2u);
  EXPECT_TRUE(observer.gains()[0].paid());
}

}  // namespace
}  // namespace dbot::report
