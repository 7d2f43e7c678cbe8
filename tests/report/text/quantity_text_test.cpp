#include "dbot/report/text/quantity_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace dbot::report {
namespace {

TEST(QuantityText, ThreeDigits) {
  EXPECT_EQ(bytes_text(0), "0 bytes");
  EXPECT_EQ(bytes_text(999), "999 bytes");
  EXPECT_EQ(bytes_text(999.6), "1.00 kB");
  EXPECT_EQ(bytes_text(12345), "12.3 kB");
  EXPECT_EQ(bytes_text(1.27e9), "1.27 GB");
  EXPECT_EQ(bytes_text(999.7e6), "1.00 GB");
  EXPECT_EQ(count_text(86389248), "86.4 M");
  EXPECT_EQ(count_text(42), "42");
  EXPECT_EQ(bytes_text(std::numeric_limits<double>::quiet_NaN()), "?");
}

TEST(QuantityText, GroupsDigits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(60000), "60,000");
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
  EXPECT_EQ(grouped(-100), "-100");
}

}  // namespace
}  // namespace dbot::report
