#include "dbot/report/text/table.h"

#include <gtest/gtest.h>

namespace dbot::report {
namespace {

TEST(TextTable, AlignsTheFirstColumnLeftAndNumbersRight) {
  EXPECT_EQ(
      text_table({{"", "k-NN", "linear"}, {"raw pixels", "8.5", "100.00"}, {"stage 1", "71"}}),
      "            k-NN  linear\n"
      "----------  ----  ------\n"
      "raw pixels   8.5  100.00\n"
      "stage 1       71\n");
}

TEST(TextTable, CountsCodePointsNotBytes) {
  EXPECT_EQ(display_width("größe →"), 7U);
  EXPECT_EQ(text_table({{"a", "größe"}, {"b", "1"}}), "a  größe\n-  -----\nb      1\n");
}

TEST(TextTable, OfNothingIsNothing) {
  EXPECT_EQ(text_table({}), "");
}

}  // namespace
}  // namespace dbot::report
