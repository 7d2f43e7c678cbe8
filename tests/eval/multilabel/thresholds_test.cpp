// Thresholds of several labels, and what is measured with them. The measures themselves are
// compared with scikit-learn's in tests/golden/meta_multilabel.
#include "dbot/eval/multilabel/thresholds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/eval/multilabel/learned_thresholds.h"
#include "dbot/eval/multilabel/multilabel_metrics.h"
#include "dbot/eval/multilabel/policies.h"
#include "dbot/eval/multilabel/ranking_measures.h"
#include "dbot/eval/multilabel/score_table.h"

namespace dbot::eval {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Scores = std::vector<double>;
using Truth = std::vector<std::uint8_t>;

TEST(BestCut, LiesInTheMiddleBetweenScores) {
  const Cut cut = best_cut(Scores{0.1, 0.4, 0.2, 0.9}, Truth{0, 1, 0, 1});
  EXPECT_DOUBLE_EQ(cut.threshold, 0.3);
  EXPECT_EQ(cut.f1, 1);
}

TEST(BestCut, TakesTheLowestOfEquals) {
  EXPECT_EQ(best_cut(Scores{0.2, 0.8}, Truth{1, 1}).threshold, 0) << "every sample";
  EXPECT_EQ(best_cut(Scores{0.5, 0.5}, Truth{1, 0}).threshold, 0) << "nothing lies between";
  EXPECT_EQ(best_cut(Scores{0.2, 0.8}, Truth{0, 0}).threshold, 0);
}

TEST(BestCut, SeparatesNeighbouringNumbers) {
  const double low = 0.3, high = std::nextafter(low, 1.0);
  const Cut cut = best_cut(Scores{low, high}, Truth{0, 1});
  EXPECT_EQ(cut.f1, 1);
  EXPECT_GT(cut.threshold, low);
  EXPECT_LE(cut.threshold, high);
}

TEST(BestCut, IsAsGoodAsAnyThreshold) {
  Scores scores;
  Truth truth;
  for (int i = 0; i < 60; ++i) {
    scores.push_back(std::fmod(0.37 * i, 1.0));
    truth.push_back(std::fmod(0.61 * i, 1.0) < scores.back() * scores.back() ? 1 : 0);
  }
  const Cut cut = best_cut(scores, truth);
  double best = 0;
  for (int step = 0; step <= 1000; ++step) {
    const auto predicted = predict({scores, 1}, std::vector<double>{step / 1000.0});
    best = std::max(best, count_labels({truth, 1}, {predicted, 1})[0].f1());
  }
  EXPECT_NEAR(cut.f1, best, 1e-12);
  const auto predicted = predict({scores, 1}, std::vector<double>{cut.threshold});
  EXPECT_EQ(count_labels({truth, 1}, {predicted, 1})[0].f1(), cut.f1);
}

/// Three labels, the last of which never holds.
struct Example {
  Scores values{0.3, 0.6, 0.1, 0.2, 0.9, 0.2, 0.1, 0.7, 0.3};
  Truth holds{1, 0, 0, 1, 1, 0, 0, 0, 0};
  LabelScores scores() const { return {values, 3}; }
  LabelSets truth() const { return {holds, 3}; }
};

TEST(Thresholds, OfALabelThatNeverHoldsStayInTheMiddle) {
  const Example example;
  const auto tuned = choose_thresholds(ThresholdPolicy::tuned, example.scores(), example.truth());
  EXPECT_THAT(tuned.values, ElementsAre(0.15000000000000002, 0.8, 0.5));
  EXPECT_THAT(tuned.f1, ElementsAre(1, 1, 0));
  const auto fixed = choose_thresholds(ThresholdPolicy::fixed, example.scores(), example.truth());
  EXPECT_THAT(fixed.values, ElementsAre(0.5, 0.5, 0.5));
  const auto one = choose_thresholds(ThresholdPolicy::one, example.scores(), example.truth());
  EXPECT_EQ(one.values[0], one.values[2]);
  EXPECT_THROW(choose_thresholds(ThresholdPolicy::learned, example.scores(), example.truth()),
               UsageError);
}

TEST(Thresholds, ThatAreBestByChanceStayInTheMiddle) {
  // The one sample of the second label has the lowest of 40 scores.
  ScoredSamples samples{.labels = 2};
  for (int i = 0; i < 40; ++i) {
    samples.score_values.insert(samples.score_values.end(), {0.01 * i, 0.01 * i});
    samples.truth_values.push_back(i == 39 ? 1 : 0);
    samples.truth_values.push_back(i == 0 ? 1 : 0);
  }
  const auto tuned = choose_thresholds(ThresholdPolicy::tuned, samples.scores(), samples.truth());
  EXPECT_NEAR(tuned.values[0], 0.385, 1e-9);
  EXPECT_EQ(tuned.values[1], 0.5);
}

TEST(Thresholds, AreAFileOfLabels) {
  const Example example;
  const auto tuned = choose_thresholds(ThresholdPolicy::tuned, example.scores(), example.truth());
  const auto json = nlohmann::json::parse(to_json(tuned, {"a", "b", "c\xff"}));
  EXPECT_EQ(json["policy"], "tuned");
  EXPECT_EQ(json["thresholds"][1]["label"], "b");
  EXPECT_EQ(json["thresholds"][1]["threshold"], 0.8);
  EXPECT_EQ(json["thresholds"][1]["f1"], 1);
  EXPECT_THROW(to_json(tuned, {"a"}), UsageError);
}

TEST(Policies, AreComparedOnOtherSamples) {
  const Example dev;
  const ScoredSamples chosen_on{dev.values, dev.holds, 3}, test{{0.2, 0.85, 0.4}, {1, 1, 0}, 3};
  const auto figures = compare_policies(chosen_on, {0.9, 0.9, 0.9}, test);
  ASSERT_EQ(figures.size(), 4U);
  EXPECT_DOUBLE_EQ(figures[0].sets.micro_f1, 2.0 / 3) << "the second label alone";
  EXPECT_DOUBLE_EQ(figures[2].sets.micro_f1, 1);
  EXPECT_DOUBLE_EQ(figures[3].sets.micro_f1, 0);
  EXPECT_EQ(figures[3].thresholds.policy, ThresholdPolicy::learned);
}

TEST(LearnedThresholds, FindWhatSeparatesScores) {
  ScoredSamples samples{.labels = 2};
  for (int i = 0; i < 40; ++i) {
    const bool holds = i % 2 == 0;
    const double by = 0.1 + 0.002 * i;
    samples.score_values.insert(samples.score_values.end(),
                                {0.3 + (holds ? by : -by), 0.75 + (holds ? by : -by)});
    samples.truth_values.insert(samples.truth_values.end(), 2, holds ? 1 : 0);
  }
  const auto learned = learn_thresholds(samples.scores(), samples.truth());
  EXPECT_NEAR(learned[0], 0.3, 0.07);
  EXPECT_NEAR(learned[1], 0.75, 0.07);
  EXPECT_EQ(learn_thresholds(samples.scores(), samples.truth()), learned);
  const auto ratio = learn_thresholds(samples.scores(), samples.truth(),
                                      {.reward = objectives::LabelReward::ratio, .steps = 2000});
  for (const double threshold : ratio) EXPECT_LT(std::min(threshold, 1 - threshold), 0.08);
  EXPECT_THROW(learn_thresholds(samples.scores(), samples.truth(),
                                {.reward = objectives::LabelReward::exact_f1}),
               UsageError);
}

TEST(ScoreTables, HoldScoresLabelsAndParts) {
  const ScoreTable table = parse_scores(
      "sample,part,labels,a,b\nx,dev,a|b,0.5,1\ny,test,,0,0.25\nz,val,b,0.1,0.2\n", "s.csv");
  EXPECT_TRUE(table.divided);
  EXPECT_THAT(table.labels, ElementsAre("a", "b"));
  EXPECT_THAT(table.dev.score_values, ElementsAre(0.5, 1, 0.1, 0.2));
  EXPECT_THAT(table.dev.truth_values, ElementsAre(1, 1, 0, 1));
  EXPECT_THAT(table.test.score_values, ElementsAre(0, 0.25));
  const ScoreTable whole = parse_scores("labels\ta\na\t0.5\n", "s.tsv");
  EXPECT_FALSE(whole.divided);
  EXPECT_EQ(whole.dev.score_values, whole.test.score_values);
}

TEST(ScoreTables, NameTheRowThatIsWrong) {
  const auto said = [](const std::string& content) -> std::string {
    try {
      parse_scores(content, "s.csv");
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  };
  const std::string head = "sample,labels,a,b\n";
  EXPECT_THAT(said(head + "x,a,0.5,0.5\ny,a,0.5\n"),
              HasSubstr("s.csv:3: has 3 fields, expected 4"));
  EXPECT_THAT(said(head + "x,a,nan,0.5\n"), HasSubstr("s.csv:2: the score of a is \"nan\""));
  EXPECT_THAT(said(head + "x,a,0.5,1.5\n"), HasSubstr("s.csv:2: the score of b is \"1.5\""));
  EXPECT_THAT(said(head + "x,a,0.5,\n"), HasSubstr("the score of b is \"\""));
  EXPECT_THAT(said(head + "x,c,0.5,0.5\n"), HasSubstr("the label \"c\" has no column"));
  EXPECT_THAT(said("sample,a,b\n"), HasSubstr("heads no table of scores"));
  EXPECT_THAT(said("labels,a,a\n"), HasSubstr("names a column twice"));
  EXPECT_THAT(said("labels,part,a\na,train,1\n"), HasSubstr("the part is \"train\""));
  EXPECT_THAT(said("labels,part,a\na,test,1\n"), HasSubstr("no rows of dev"));
  EXPECT_THAT(said(head), HasSubstr("holds no row"));
  EXPECT_THAT(said(""), HasSubstr("holds no row"));
}

TEST(LabelTables, OfDifferentShapesAreRefused) {
  const Truth truth{1, 0, 1, 0};
  const Scores scores{0.5, 0.5};
  EXPECT_THROW(measure_sets({truth, 2}, {truth, 4}), UsageError);
  EXPECT_THROW(measure_ranking({scores, 2}, {truth, 2}), UsageError);
  EXPECT_THROW(predict({scores, 2}, scores.size() == 2 ? Scores{0.5} : Scores{}), UsageError);
  EXPECT_THROW(choose_thresholds(ThresholdPolicy::tuned, {{}, 2}, {{}, 2}), UsageError);
}

}  // namespace
}  // namespace dbot::eval
