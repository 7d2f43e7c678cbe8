#include "dbot/core/patience.h"

#include <gtest/gtest.h>

#include "dbot/core/rarely.h"

namespace dbot::core {
namespace {

TEST(Patience, NoneIsOneAttempt) {
  int attempts = 0;
  EXPECT_FALSE(Patience().until([&] { return ++attempts > 5; }));
  EXPECT_EQ(attempts, 1);
}

TEST(Patience, LastsUntilItSucceeds) {
  const StopRequest stop;
  int attempts = 0;
  EXPECT_TRUE(Patience(3600, stop).until([&] { return ++attempts == 2; }));
  EXPECT_EQ(attempts, 2);
}

TEST(Patience, EndsWithAStopAndWithItsTime) {
  StopRequest stop;
  EXPECT_FALSE(Patience(0.01, stop).until([] { return false; }));
  EXPECT_FALSE(Patience(3600, stop).until([&] {
    stop.request();
    return false;
  }));
}

TEST(Rarely, IsThe1st2nd4thAnd8thTime) {
  Rarely rarely;
  std::string told;
  for (int i = 0; i < 9; ++i) told += rarely.next() ? 'x' : '.';
  EXPECT_EQ(told, "xx.x...x.");
  EXPECT_EQ(rarely.count(), 9u);
}

}  // namespace
}  // namespace dbot::core
