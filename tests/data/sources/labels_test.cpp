#include "dbot/data/sources/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dbot::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

LabelWords words(const std::vector<std::string>& all) {
  LabelWords result;
  for (const auto& word : all) result.add(word);
  return result;
}

TEST(Labels, WordsAreSortedOverAllParts) {
  const auto labels = number_alike({words({"dog", "", "cat"}), words({"cow", "dog"})});
  EXPECT_THAT(labels[0].classes, ElementsAre("cat", "cow", "dog"));
  EXPECT_EQ(labels[1].classes, labels[0].classes);
  EXPECT_THAT(labels[0].of_sample, ElementsAre(2, -1, 0));
  EXPECT_THAT(labels[1].of_sample, ElementsAre(1, 2));
}

TEST(Labels, NumbersKeepTheirValue) {
  const auto labels = number_alike({words({"10", "2"})});
  EXPECT_EQ(labels[0].classes.size(), 11U);
  EXPECT_THAT(labels[0].of_sample, ElementsAre(10, 2));
}

TEST(Labels, WhatIsNoClassNumberIsAWord) {
  EXPECT_THAT(number_alike({words({"1", "02"})})[0].classes, ElementsAre("02", "1"));
  EXPECT_THAT(number_alike({words({"1", "-1"})})[0].classes, ElementsAre("-1", "1"));
  EXPECT_THAT(number_alike({words({"1", "4000000000"})})[0].classes,
              ElementsAre("1", "4000000000"));
}

TEST(Labels, KnownClassesKeepTheirOrder) {
  const auto labels = number_alike({words({"dog", "cat", "cow"})}, {"dog", "cat"});
  EXPECT_THAT(labels[0].classes, ElementsAre("dog", "cat"));
  EXPECT_THAT(labels[0].of_sample, ElementsAre(0, 1, -1));
}

TEST(Labels, NoneAtAll) {
  EXPECT_THAT(number_alike({words({"", ""})})[0].classes, IsEmpty());
}

}  // namespace
}  // namespace dbot::data
