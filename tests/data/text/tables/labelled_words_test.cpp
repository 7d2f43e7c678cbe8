// Texts with one class each, as the numbers of their words.
#include "dbot/data/text/tables/labelled_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "dbot/core/error.h"
#include "dbot/data/text/tables/row_parts.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

using test::message_of;
using test::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(WordRow, HoldsTheFirstWordsInOrder) {
  const SparseRow row = word_row("Oil, oil wheat", 3);
  EXPECT_THAT(row.places, ElementsAre(0, 1, 2));
  ASSERT_EQ(row.values.size(), 3U);
  EXPECT_EQ(row.values[0], row.values[2]) << "in small letters";
  EXPECT_NE(row.values[0], row.values[1]) << "a comma is a word";
  EXPECT_TRUE(word_row("", 3).places.empty());
}

TEST(WordNumber, IsExactInFloat32AndOfItsNameAlone) {
  std::set<std::int64_t> numbers;
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t number = word_number("word" + std::to_string(i));
    EXPECT_GT(number, 0);
    EXPECT_EQ(static_cast<std::int64_t>(static_cast<float>(number)), number);
    numbers.insert(number);
  }
  EXPECT_EQ(numbers.size(), 1000U);
  EXPECT_EQ(word_number("oil"), 9580830) << "stored weights count on it";
}

/// Texts of three labels, of which "both" has no text of its own to test on.
class WordTexts : public ::testing::Test {
 protected:
  WordTexts() {
    write_text(folder_ / "labels.txt", "good\nboth\nbad\n");
    write_text(folder_ / "train.tsv", "so good\t0\nso bad\t2\nmixed\t0,2\nno\t\nhm\t1\n");
    write_text(folder_ / "test.tsv", "bad\t2\ngood\t0\ngood bad\t0,2\n");
  }
  test::TemporaryFolder folder_;
};

TEST_F(WordTexts, AreThoseWithOneLabelThatBothPartsHave) {
  std::vector<std::string> told;
  const LabelledSplits splits = open_labelled_words(
      folder_.path(), 4, [&](core::LogLevel, std::string_view text) { told.emplace_back(text); });
  EXPECT_THAT(splits.train->classes(), ElementsAre("good", "bad"));
  ASSERT_EQ(splits.train->size(), 2);
  EXPECT_EQ(splits.train->label(0), 0);
  EXPECT_EQ(splits.train->label(1), 1);
  ASSERT_EQ(splits.test->size(), 2);
  EXPECT_EQ(splits.test->label(0), 1);
  EXPECT_THAT(splits.test->name(1), HasSubstr("test.tsv:2"));
  EXPECT_THAT(told.back(), HasSubstr("4 texts of 2 classes"));
  EXPECT_THAT(told.back(), HasSubstr("4 are left out"));
  Sample sample;
  splits.train->read(1, sample);
  std::vector<float> words(2);
  ASSERT_EQ(sample.part(kRowValues).bytes().size(), 2 * sizeof(float));
  std::memcpy(words.data(), sample.part(kRowValues).bytes().data(), 2 * sizeof(float));
  EXPECT_THAT(words, ElementsAre(static_cast<float>(word_number("so")),
                                 static_cast<float>(word_number("bad"))));
}

TEST_F(WordTexts, AreRefusedWhereFewerThanTwoClassesAreLeft) {
  write_text(folder_ / "test.tsv", "good\t0\n");
  EXPECT_THAT(
      message_of<DataError>([&] { open_labelled_words(folder_.path(), 4, core::silent_log()); }),
      HasSubstr("has 1 labels that texts to train on and to test on have alone"));
}

}  // namespace
}  // namespace dbot::data
