#include "dbot/eval/classifier/confusion_exhibit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <variant>

namespace dbot::eval {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

ConfusionMatrix confusion_of(std::vector<std::string> names, std::vector<std::int64_t> counts) {
  ConfusionMatrix confusion(std::move(names));
  confusion.counts = std::move(counts);
  return confusion;
}

methods::Matrix matrix_of(const methods::ExhibitGroup& group) {
  return std::get<methods::Matrix>(group.exhibits.at(0).content);
}

TEST(ConfusionExhibit, HoldsTheSharesOfEachTrueClass) {
  const auto group = confusion_exhibit(confusion_of({"ant", "bee", "cat"}, {3, 1, 0,  //
                                                                            2, 2, 4,  //
                                                                            0, 0, 0}));
  EXPECT_EQ(group.kind, "confusion");
  EXPECT_THAT(group.explanation, Not(HasSubstr("most often")));
  const methods::Matrix matrix = matrix_of(group);
  EXPECT_THAT(matrix.rows, ElementsAre("ant", "bee", "cat"));
  EXPECT_EQ(matrix.columns, matrix.rows);
  EXPECT_EQ(matrix.row_title, "true class");
  EXPECT_EQ(matrix.column_title, "predicted class");
  EXPECT_EQ(matrix.low, 0);
  EXPECT_EQ(matrix.high, 1);
  ASSERT_EQ(matrix.values.size(), 9U);
  EXPECT_THAT(std::vector<double>(matrix.values.begin(), matrix.values.begin() + 6),
              ElementsAre(0.75, 0.25, 0, 0.25, 0.25, 0.5));
  for (std::size_t i = 6; i < 9; ++i) EXPECT_TRUE(std::isnan(matrix.values[i])) << i;
  EXPECT_EQ(group.exhibits[0].caption,
            "Most frequent mistakes: cat for bee (4 of 8), ant for bee (2 of 8), "
            "bee for ant (1 of 4)");
}

TEST(ConfusionExhibit, OfManyClassesThoseMostOftenConfusedAreShown) {
  // "d" is never wrong and no class is taken for it; "a" is taken for "c" alone.
  const auto group = confusion_exhibit(confusion_of({"a", "b", "c", "d"}, {5, 0, 1, 0,  //
                                                                           0, 2, 6, 0,  //
                                                                           0, 3, 1, 0,  //
                                                                           0, 0, 0, 9}),
                                       /*most=*/2);
  const methods::Matrix matrix = matrix_of(group);
  EXPECT_THAT(matrix.rows, ElementsAre("b", "c"));
  EXPECT_THAT(matrix.values, ElementsAre(0.25, 0.75, 0.75, 0.25));
  EXPECT_THAT(group.explanation, AllOf(HasSubstr("Of 4 classes those 2"), HasSubstr("most often")));
}

TEST(ConfusionExhibit, WithoutMistakesNoneIsNamed) {
  EXPECT_EQ(confusion_exhibit(confusion_of({"a", "b"}, {4, 0, 0, 4})).exhibits[0].caption, "");
}

}  // namespace
}  // namespace dbot::eval
