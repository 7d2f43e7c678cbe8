#include "dbot/data/sources/labelled_share.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "dbot/core/error.h"

namespace dbot::data {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// 40 samples of class 0, 9 of class 1, 3 of class 2, and every fifth place unlabelled.
class UnevenDataset final : public Dataset {
 public:
  std::int64_t size() const override { return 65; }
  void read(std::int64_t, Sample&) const override {}
  std::int64_t label(std::int64_t index) const override {
    if (index % 5 == 4) return -1;
    const std::int64_t place = index - index / 5;
    return place < 40 ? 0 : place < 49 ? 1 : 2;
  }
  std::string name(std::int64_t index) const override { return std::to_string(index); }
  const std::vector<std::string>& classes() const override { return classes_; }

 private:
  std::vector<std::string> classes_{"many", "some", "few"};
};

std::map<std::int64_t, int> counts(const std::vector<std::int64_t>& chosen) {
  std::map<std::int64_t, int> count;
  for (const std::int64_t sample : chosen) ++count[UnevenDataset().label(sample)];
  return count;
}

TEST(LabelledShare, IsReadFromShareAndNumberOfAClass) {
  EXPECT_DOUBLE_EQ(parse_labelled_share("0.25")->share, 0.25);
  EXPECT_DOUBLE_EQ(parse_labelled_share("1%")->share, 0.01);
  EXPECT_DOUBLE_EQ(parse_labelled_share("12.5%")->share, 0.125);
  EXPECT_EQ(parse_labelled_share("5-per-class")->per_class, 5);
  EXPECT_TRUE(parse_labelled_share("100%")->all());
  EXPECT_TRUE(parse_labelled_share("1")->all());
  EXPECT_FALSE(parse_labelled_share("1-per-class")->all());
  for (const char* word : {"folder", "labels.csv", "x%", "many-per-class", "-per-class", ""}) {
    EXPECT_FALSE(parse_labelled_share(word)) << word;
  }
  for (const char* wrong : {"0", "2", "-0.5", "150%", "0%", "nan", "0-per-class", "-3-per-class"}) {
    EXPECT_THROW(parse_labelled_share(wrong), UsageError) << wrong;
  }
}

TEST(LabelledShare, IsDrawnInEachClassWithoutUnlabelledSamples) {
  const UnevenDataset dataset;
  const auto tenth = draw_labelled(dataset, {.share = 0.1}, 0);
  EXPECT_EQ(counts(tenth), (std::map<std::int64_t, int>{{0, 4}, {1, 1}, {2, 1}}));
  EXPECT_TRUE(std::ranges::is_sorted(tenth));
  EXPECT_EQ(counts(draw_labelled(dataset, {.per_class = 3}, 0)),
            (std::map<std::int64_t, int>{{0, 3}, {1, 3}, {2, 3}}));
}

TEST(LabelledShare, IsAFunctionOfTheSeed) {
  const UnevenDataset dataset;
  const LabelledShare two{.per_class = 2}, three{.per_class = 3};
  EXPECT_EQ(draw_labelled(dataset, two, 7), draw_labelled(dataset, two, 7));
  EXPECT_NE(draw_labelled(dataset, two, 7), draw_labelled(dataset, two, 8));
  EXPECT_TRUE(
      std::ranges::includes(draw_labelled(dataset, three, 7), draw_labelled(dataset, two, 7)))
      << "more labels hold the fewer";
}

TEST(LabelledShare, RefusesMoreThanAClassHasWithNumbers) {
  try {
    draw_labelled(UnevenDataset(), {.per_class = 10}, 0);
    FAIL() << "drawn";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("\"few\" has 3"), HasSubstr("10 of each"),
                                    HasSubstr("2 of 3 classes"), HasSubstr("at most 3")));
  }
}

TEST(LabelledShare, SaysItselfInWords) {
  EXPECT_EQ(to_text({.share = 0.1}), "10% of the labels");
  EXPECT_EQ(to_text({.per_class = 5}), "5 labels a class");
  EXPECT_EQ(to_text({.per_class = 1}), "1 label a class");
  EXPECT_EQ(to_text({}), "all labels");
}

TEST(HoldOut, TakesAShareOfEachClassAndNeverItsLastSample) {
  const UnevenDataset dataset;
  const HeldOut parts = hold_out(dataset, 0.1, 0);
  EXPECT_EQ(counts(parts.held_out), (std::map<std::int64_t, int>{{0, 4}, {1, 1}, {2, 1}}));
  EXPECT_EQ(counts(parts.kept), (std::map<std::int64_t, int>{{-1, 13}, {0, 36}, {1, 8}, {2, 2}}));
  EXPECT_TRUE(std::ranges::is_sorted(parts.held_out) && std::ranges::is_sorted(parts.kept));
  EXPECT_EQ(hold_out(dataset, 0.1, 0).held_out, parts.held_out);
  EXPECT_NE(hold_out(dataset, 0.1, 1).held_out, parts.held_out);
  EXPECT_EQ(counts(hold_out(dataset, 1, 0).kept).at(2), 1);
}

}  // namespace
}  // namespace dbot::data
