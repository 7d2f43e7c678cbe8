// Labels of images from a list, and a linear classifier of them.
#include "dbot/eval/multilabel/label_list.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/core/random.h"
#include "dbot/eval/multilabel/linear_labels.h"
#include "dbot/eval/multilabel/policies.h"

namespace dbot::eval {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(LabelLists, NameSamplesAndTheirLabels) {
  const LabelList list =
      parse_label_list("sample\tlabels\na/1.jpg\tdog|cat\na/2.jpg\t\nb.jpg\tcat\n", "l.tsv");
  EXPECT_THAT(list.labels, ElementsAre("cat", "dog"));
  EXPECT_THAT(list.of_sample.at("a/1.jpg"), ElementsAre(1, 1));
  EXPECT_THAT(list.of_sample.at("a/2.jpg"), ElementsAre(0, 0));
  EXPECT_THAT(list.of_sample.at("b.jpg"), ElementsAre(1, 0));
}

TEST(LabelLists, NameTheRowThatIsWrong) {
  const auto said = [](const std::string& content) -> std::string {
    try {
      parse_label_list(content, "l.csv");
    } catch (const DataError& error) {
      return error.what();
    }
    return "";
  };
  const std::string head = "sample,labels\n";
  EXPECT_THAT(said(""), HasSubstr("heads no list of labels"));
  EXPECT_THAT(said("name,labels\n"), HasSubstr("l.csv:1: heads no list of labels"));
  EXPECT_THAT(said(head + "x,a\ny,a,b\n"), HasSubstr("l.csv:3: has 3 fields, expected 2"));
  EXPECT_THAT(said(head + "x,a||b\n"), HasSubstr("l.csv:2: has a label without a name"));
  EXPECT_THAT(said(head + "x,a\n"), HasSubstr("names 1 labels, expected at least 2"));
  EXPECT_THAT(said(head + "x,a\nx,b\n"), HasSubstr("names x twice"));
  EXPECT_THROW(read_label_list("/nowhere/labels.csv"), DataError);
}

/// Labels that hold where a feature is positive.
LabelledFeatures features(std::int64_t samples, std::uint64_t seed) {
  core::Random random({.seed = seed});
  at::Tensor rows = at::zeros({samples, 4}, at::kFloat);
  auto* values = rows.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < rows.numel(); ++i) values[i] = static_cast<float>(random.normal());
  return {.features = 5 * rows + 3, .truth = rows.slice(1, 0, 2).gt(0).to(at::kFloat)};
}

TEST(LinearLabels, AreLearnedFromFeatures) {
  const auto result =
      train_linear_labels(features(400, 1), features(100, 2), {.epochs = 100}, core::StopRequest());
  EXPECT_EQ(result.learned, 360);
  EXPECT_EQ(result.held_out.size(), 40U);
  EXPECT_EQ(result.test.size(), 100U);
  const auto figures = compare_policies(result.held_out, {}, result.test);
  EXPECT_GT(figures[0].sets.micro_f1, 0.9);
  const auto again =
      train_linear_labels(features(400, 1), features(100, 2), {.epochs = 100}, core::StopRequest());
  EXPECT_EQ(again.test.score_values, result.test.score_values);
}

TEST(LinearLabels, RefuseTablesThatDoNotFitAndStops) {
  LabelledFeatures few = features(5, 1);
  few.truth = few.truth.slice(0, 1);
  EXPECT_THROW(train_linear_labels(few, features(5, 2), {}, core::StopRequest()), UsageError);
  EXPECT_THROW(train_linear_labels(features(1, 1), features(5, 2), {}, core::StopRequest()),
               UsageError);
  core::StopRequest stop;
  stop.request();
  EXPECT_THROW(train_linear_labels(features(9, 1), features(5, 2), {}, stop), Stopped);
}

}  // namespace
}  // namespace dbot::eval
