#include "dbot/runtime/launch/node_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"

namespace dbot::runtime {
namespace {

using testing::ElementsAre;

// As `scontrol show hostnames LIST` writes them.
TEST(NodeList, IsExpanded) {
  EXPECT_THAT(expand_node_list("a"), ElementsAre("a"));
  EXPECT_THAT(expand_node_list("a,b-1"), ElementsAre("a", "b-1"));
  EXPECT_THAT(expand_node_list("a[01-03,7],b"), ElementsAre("a01", "a02", "a03", "a7", "b"));
  EXPECT_THAT(expand_node_list("n[9-11].rack"), ElementsAre("n9.rack", "n10.rack", "n11.rack"));
  EXPECT_THAT(expand_node_list("r[1-2]n[08-09]"), ElementsAre("r1n08", "r1n09", "r2n08", "r2n09"));
  EXPECT_THAT(expand_node_list("n[099-100]"), ElementsAre("n099", "n100"));
}

TEST(NodeList, ThatCannotBeReadIsRefused) {
  for (const char* list : {"", ",", "a,", "a[", "a[1", "a]1[", "a[x]", "a[2-1]", "a[1-]", "a[]",
                           "a[1-99999]", "a[1-9999]b[1-9999]", "a[-1]"}) {
    EXPECT_THROW(expand_node_list(list), UsageError) << list;
  }
}

TEST(TaskCounts, AreExpanded) {
  EXPECT_THAT(expand_task_counts("4"), ElementsAre(4));
  EXPECT_THAT(expand_task_counts("2(x3),1"), ElementsAre(2, 2, 2, 1));
}

TEST(TaskCounts, ThatCannotBeReadAreRefused) {
  for (const char* list : {"", "x", "2(x)", "2(x3", "2(3)", "-1", "2,,3", "1(x99999999)"}) {
    EXPECT_THROW(expand_task_counts(list), UsageError) << list;
  }
}

}  // namespace
}  // namespace dbot::runtime
