#include "dbot/eval/classifier/classifier_figures.h"

#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "dbot/core/error.h"
#include "tests/data/memory_dataset.h"

namespace dbot::eval {
namespace {

/// Six classes; a row says class `said` first, then the others from 0 on.
at::Tensor rows_that_say(const std::vector<std::int64_t>& said) {
  at::Tensor logits = at::full({std::ssize(said), 6}, 0.0, at::kFloat);
  float* value = logits.mutable_data_ptr<float>();
  for (const std::int64_t first : said) {
    for (std::int64_t c = 0; c < 6; ++c) *value++ = c == first ? 5.0F : -static_cast<float>(c);
  }
  return logits;
}

const std::vector<std::string> kSixClasses{"a", "b", "c, \"d\"", "e", "f", "g"};

TEST(ClassifierFigures, CountsFirstAndFirstFiveAndWhatWasSaid) {
  ClassifierFigures figures(kSixClasses);
  // Right, wrong and among five, wrong and last, without a label.
  figures.add(rows_that_say({2, 0}), {2, 4}, {10, 11});
  figures.add(rows_that_say({0, 1}), {5, -1}, {12, 13});
  EXPECT_EQ(figures.samples(), 3);
  EXPECT_DOUBLE_EQ(figures.top1(), 100.0 / 3);
  EXPECT_DOUBLE_EQ(figures.top5(), 200.0 / 3);
  EXPECT_EQ(figures.confusion().at(2, 2), 1);
  EXPECT_EQ(figures.confusion().at(4, 0), 1);
  EXPECT_EQ(figures.confusion().at(5, 0), 1);
  EXPECT_EQ(figures.confusion().samples(4), 1);
  EXPECT_EQ(figures.confusion().correct(4), 0);
  const auto& last = figures.predictions().back();
  EXPECT_EQ(last.sample, 12);
  EXPECT_EQ(last.said, 0);
  EXPECT_GT(last.probability, 0.9);
}

TEST(ClassifierFigures, WithoutSamplesAreZero) {
  const ClassifierFigures figures(kSixClasses);
  EXPECT_EQ(figures.top1(), 0);
  EXPECT_EQ(figures.top5(), 0);
}

TEST(ClassifierFigures, RefuseWhatIsNoAnswer) {
  ClassifierFigures figures(kSixClasses);
  at::Tensor logits = rows_that_say({0});
  EXPECT_THROW(figures.add(logits, {6}, {0}), Error);
  EXPECT_THROW(figures.add(logits, {0, 1}, {0, 1}), Error);
  EXPECT_THROW(figures.add(logits.slice(1, 1), {0}, {0}), Error);
  logits.fill_(std::numeric_limits<double>::quiet_NaN());
  EXPECT_THROW(figures.add(logits, {0}, {0}), Error);
}

TEST(ClassifierFigures, PredictionsAreLinesOfNames) {
  ClassifierFigures figures(kSixClasses);
  figures.add(rows_that_say({2, 0}), {2, 4}, {7, 3});
  EXPECT_THAT(predictions_csv(figures, test::MemoryDataset(10)),
              testing::MatchesRegex("name,label,predicted,probability\n"
                                    "s7,\"c, \"\"d\"\"\",\"c, \"\"d\"\"\",0\\.9[0-9]+\n"
                                    "s3,f,a,0\\.9[0-9]+\n"));
}

TEST(ClassifierFigures, AsJsonHaveEachClassAndTheMatrix) {
  ClassifierFigures figures(kSixClasses);
  figures.add(rows_that_say({2, 0}), {2, 4}, {0, 1});
  const auto json = nlohmann::json::parse(to_json(figures));
  EXPECT_EQ(json["top1"], 50);
  EXPECT_EQ(json["samples"], 2);
  EXPECT_EQ(json["classes"][2]["name"], kSixClasses[2]);
  EXPECT_EQ(json["classes"][4]["samples"], 1);
  EXPECT_EQ(json["classes"][4]["correct"], 0);
  EXPECT_EQ(json["confusion"][4][0], 1);
}

}  // namespace
}  // namespace dbot::eval
