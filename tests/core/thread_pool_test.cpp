#include "dbot/core/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <vector>

#include "dbot/core/error.h"

namespace dbot::core {
namespace {

TEST(ThreadPool, OneThreadRunsTasksInTheirOrder) {
  std::vector<int> seen;
  std::promise<void> done;
  ThreadPool pool(1);
  for (int i = 0; i < 100; ++i) pool.submit([&seen, i] { seen.push_back(i); });
  pool.submit([&done] { done.set_value(); });
  done.get_future().wait();
  ASSERT_EQ(seen.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

// Each task waits for all the others: fewer threads than tasks would never end.
TEST(ThreadPool, RunsAsManyTasksAtOnceAsItHasThreads) {
  ThreadPool pool(4);
  EXPECT_EQ(pool.size(), 4);
  std::latch together(5);
  for (int i = 0; i < 4; ++i) pool.submit([&together] { together.arrive_and_wait(); });
  together.arrive_and_wait();
}

TEST(ThreadPool, ItsEndWaitsForWhatHasBegunAndDropsTheRest) {
  std::promise<void> begun, go_on;
  std::atomic<bool> finished = false, dropped_ran = false;
  {
    ThreadPool pool(1);
    pool.submit([&] {
      begun.set_value();
      go_on.get_future().wait();
      finished = true;
    });
    // Its destruction tells that the pool has dropped it; only then may the first task go on.
    const auto witness = std::shared_ptr<void>(nullptr, [&go_on](void*) { go_on.set_value(); });
    pool.submit([&dropped_ran, witness] { dropped_ran = true; });
    begun.get_future().wait();
  }
  EXPECT_TRUE(finished);
  EXPECT_FALSE(dropped_ran);
}

TEST(ThreadPool, NeedsAThread) {
  EXPECT_THROW(ThreadPool(0), Error);
}

}  // namespace
}  // namespace dbot::core
