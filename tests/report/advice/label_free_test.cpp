#include "dbot/report/advice/label_free.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/report/advice/healthy_run.h"

// Ranks, cosines, shares of images and ways to zero are of runs on CIFAR-10 with the network of
// dbot/quick at 32 px, measured outside of the program. Deviations inside an image are made up.
namespace dbot::report {
namespace {

using testing::HasSubstr;

PictureSet set_of(const std::string& label, std::int64_t step, const ComparedFigures& figures) {
  PictureSet set;
  set.label = label;
  set.moment = moment_of("", label);
  set.step = step;
  set.health.compared = figures;
  set.health.compared.images = 256;
  set.health.compared.held_out = 1;
  return set;
}

const ComparedFigures kUntrained{.effective_rank = 24.1,
                                 .rank_me = 17.3,
                                 .mean_cosine = 0.629,
                                 .own_crop_nearest = 0.50,
                                 .shared_neighbours = 0.386,
                                 .prediction_inside = 0.4,
                                 .target_inside = 0.95,
                                 .way_to_zero = -1.141};

/// 400 steps of MAE: k-NN from 28.5 to 35.4 %.
const ComparedFigures kGood{.effective_rank = 33.2,
                            .rank_me = 26.7,
                            .mean_cosine = 0.541,
                            .own_crop_nearest = 0.746,
                            .shared_neighbours = 0.494,
                            .prediction_inside = 0.5,
                            .target_inside = 0.95,
                            .way_to_zero = 0.256};

/// At a rate 250 times too high: k-NN from 28.5 to 23.3 %.
const ComparedFigures kCollapsed{.effective_rank = 8.2,
                                 .rank_me = 1.2,
                                 .mean_cosine = 1.0,
                                 .own_crop_nearest = 0.207,
                                 .shared_neighbours = 0.214,
                                 .prediction_inside = 0,
                                 .target_inside = 0.95,
                                 .way_to_zero = -0.026};

Observed run_of(const ComparedFigures& start, const ComparedFigures& end) {
  Observed run = observed();
  run.pictures = {set_of("untrained network", 0, start), set_of("stage 1", 1000, end)};
  return run;
}

Verdict verdict_of(const ComparedFigures& end) {
  const Observed run = run_of(kUntrained, end);
  return judge(run, advise(run), RunState::finished);
}

void expect_verdict(const Verdict& verdict, Verdict::Kind kind, const std::string& measure,
                    const std::string& words) {
  EXPECT_EQ(verdict.kind, kind) << verdict.sentence;
  EXPECT_EQ(verdict.measure, measure);
  EXPECT_THAT(verdict.sentence, HasSubstr(words));
}

TEST(LabelFreeVerdict, SaysYesOfFeaturesThatTellImagesApartBetter) {
  const Verdict verdict = verdict_of(kGood);
  expect_verdict(verdict, Verdict::Kind::yes, "own_crop_nearest", "better than before training");
  EXPECT_THAT(verdict.sentence, HasSubstr("75\u00a0% of 256 images"));
  EXPECT_THAT(verdict.sentence, HasSubstr("50\u00a0% before (untrained network)"));
}

TEST(LabelFreeVerdict, SaysNoOfFeaturesThatTellImagesApartLess) {
  ComparedFigures features = kCollapsed;  // of a method that predicts no images
  features.prediction_inside = features.target_inside = features.way_to_zero = not_measured;
  expect_verdict(verdict_of(features), Verdict::Kind::no, "own_crop_nearest",
                 "less than before training");
  expect_verdict(verdict_of(kCollapsed), Verdict::Kind::no, "way_to_zero", "does not look");
}

/// Tiny ImageNet at a rate of 0.1: k-NN from 6.0 to 3.3 %; and CIFAR-10 after 78 steps.
TEST(LabelFreeVerdict, TellsTheEndOfARunThatCameApartFromABeginning) {
  ComparedFigures mean_colours{.effective_rank = 5.1,
                               .rank_me = 3.6,
                               .own_crop_nearest = 0.18,
                               .prediction_inside = 0.04,
                               .target_inside = 0.95,
                               .way_to_zero = 0.11};
  expect_verdict(verdict_of(mean_colours), Verdict::Kind::no, "own_crop_nearest",
                 "less than before training");
  mean_colours.own_crop_nearest = 0.56;
  expect_verdict(verdict_of(mean_colours), Verdict::Kind::partly, "prediction_inside",
                 "the mean colour");
}

TEST(LabelFreeVerdict, SaysNoOfARateNearZero) {
  expect_verdict(verdict_of(kUntrained), Verdict::Kind::no, "way_to_zero", "(0\u00a0% of the way");
}

/// 2 million images of MAE, then one stage of dBOT: the mean cosine rises from 0.63 to 0.87.
TEST(LabelFreeVerdict, DoesNotTakeARisingCosineForHarm) {
  for (const double way : {0.464, 0.384}) {
    ComparedFigures long_run{.effective_rank = 45.5,
                             .rank_me = 24.0,
                             .mean_cosine = 0.87,
                             .own_crop_nearest = 0.79,
                             .shared_neighbours = 0.44,
                             .prediction_inside = 0.6,
                             .target_inside = 0.95,
                             .way_to_zero = way};
    EXPECT_EQ(verdict_of(long_run).kind, Verdict::Kind::yes);
  }
}

TEST(LabelFreeVerdict, SaysNoOfConstantFeatures) {
  ComparedFigures constant = kCollapsed;
  constant.effective_rank = constant.own_crop_nearest = 0;
  constant.mean_cosine = constant.rank_me = 1;
  EXPECT_EQ(verdict_of(constant).kind, Verdict::Kind::no);
  constant.prediction_inside = constant.target_inside = constant.way_to_zero = not_measured;
  EXPECT_EQ(verdict_of(constant).kind, Verdict::Kind::no);
}

TEST(LabelFreeVerdict, SaysNoOfPredictionsThatDoNotLook) {
  ComparedFigures blind = kGood;
  blind.way_to_zero = 0.01;
  expect_verdict(verdict_of(blind), Verdict::Kind::no, "way_to_zero", "does not look");
  blind.way_to_zero = -0.5;
  expect_verdict(verdict_of(blind), Verdict::Kind::no, "way_to_zero", "(0\u00a0% of the way");
}

TEST(LabelFreeVerdict, KnowsTheMeanColourFromTheContent) {
  ComparedFigures colour = kGood;
  colour.prediction_inside = 0.1;
  expect_verdict(verdict_of(colour), Verdict::Kind::partly, "prediction_inside",
                 "the mean colour of an image, not its content yet");
}

TEST(LabelFreeVerdict, SeesThatDirectionsAreLost) {
  ComparedFigures narrow = kGood;
  narrow.effective_rank = 0.5 * kUntrained.effective_rank;
  expect_verdict(verdict_of(narrow), Verdict::Kind::partly, "effective_rank", "12.1 after 24.1");
  narrow.own_crop_nearest = kUntrained.own_crop_nearest;
  expect_verdict(verdict_of(narrow), Verdict::Kind::no, "effective_rank", "fewer directions");
}

TEST(LabelFreeVerdict, DoesNotTakeChanceForAChange) {
  ComparedFigures same = kGood;
  for (const double share : {0.43, 0.5, 0.57}) {
    same.own_crop_nearest = share;  // two standard errors of the difference: 0.088
    expect_verdict(verdict_of(same), Verdict::Kind::partly, "own_crop_nearest", "no better than");
  }
  same.own_crop_nearest = 0.6;
  EXPECT_EQ(verdict_of(same).kind, Verdict::Kind::yes);
}

TEST(LabelFreeVerdict, JudgesAMethodThatPredictsNoImagesByItsFeatures) {
  ComparedFigures features = kGood;
  features.prediction_inside = features.target_inside = features.way_to_zero = not_measured;
  EXPECT_EQ(verdict_of(features).kind, Verdict::Kind::yes);
}

TEST(LabelFreeVerdict, NamesWhatTheRunBeganWith) {
  ComparedFigures worse = kGood;
  worse.own_crop_nearest = 0.2;
  Observed run = run_of(kUntrained, worse);
  run.pictures[0].label = "start weights";
  EXPECT_THAT(judge(run, advise(run), RunState::finished).sentence,
              HasSubstr("50\u00a0% before (start weights)"));
}

TEST(LabelFreeVerdict, IsNoneOfWhatWasNotComparedAlike) {
  Observed run = run_of(kUntrained, kGood);
  run.pictures[0].health.compared.images = 64;  // ranks of other numbers of images
  EXPECT_FALSE(judge_without_labels(run, ""));
  run.pictures[0].health.compared = {};  // of an older program
  EXPECT_FALSE(judge_without_labels(run, ""));
  EXPECT_THAT(judge(run, advise(run), RunState::finished).sentence, HasSubstr("It looks right"));
  EXPECT_EQ(judge(run, advise(run), RunState::finished).measure, "loss");
  run.pictures.erase(run.pictures.begin());
  EXPECT_FALSE(judge_without_labels(run, ""));
}

TEST(LabelFreeVerdict, GivesWayToLabelsAndProblems) {
  Observed run = run_of(kUntrained, kCollapsed);
  run.figures.evaluations = {evaluation("raw pixels", 60), evaluation("untrained network", 50),
                             evaluation("stage 1", 75)};
  EXPECT_EQ(judge(run, advise(run), RunState::finished).measure, "knn");
  run.figures.skipped_steps = 200;
  EXPECT_EQ(judge(run, advise(run), RunState::finished).measure, "skipped_steps");
}

}  // namespace
}  // namespace dbot::report
