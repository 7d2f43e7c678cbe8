// Thresholds of several labels, and what is measured with them. The measures themselves are compared
// with scikit-learn's in tests/golden/meta_multilabel.
#include "dbot/eval/multilabel/thresholds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "dbot/eval/multilabel/labeller.h"
#include "dbot/eval/multilabel/multilabel_metrics.h"

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
  const Scores test{0.2, 0.85, 0.4};
  const Truth truth{1, 1, 0};
  const auto figures =
      compare_policies(dev.scores(), dev.truth(), {0.9, 0.9, 0.9}, {test, 3}, {truth, 3});
  ASSERT_EQ(figures.size(), 4U);
  EXPECT_DOUBLE_EQ(figures[0].sets.micro_f1, 2.0 / 3) << "the second label alone";
  EXPECT_DOUBLE_EQ(figures[2].sets.micro_f1, 1);
  EXPECT_DOUBLE_EQ(figures[3].sets.micro_f1, 0);
  EXPECT_EQ(figures[3].thresholds.policy, ThresholdPolicy::learned);
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
