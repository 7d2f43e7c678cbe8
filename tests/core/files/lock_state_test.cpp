#include "dbot/core/files/lock_state.h"

#include <gtest/gtest.h>

#include <fstream>

#include "dbot/core/files/files.h"
#include "tests/core/temporary_folder.h"

namespace dbot::core {
namespace {

TEST(LockState, KnowsWhetherSomebodyHoldsTheLock) {
  const test::TemporaryFolder folder;
  const auto path = folder / "lock";
  EXPECT_FALSE(is_locked(path));
  {
    const auto lock = FileLock::try_acquire(path);
    ASSERT_TRUE(lock);
    EXPECT_TRUE(is_locked(path));
    EXPECT_TRUE(is_locked(path)) << "asking must not change the answer";
  }
  EXPECT_FALSE(is_locked(path)) << "the file stays, the lock does not";
}

TEST(LockState, AskingKeepsNobodyFromTheLock) {
  const test::TemporaryFolder folder;
  const auto path = folder / "lock";
  std::ofstream(path) << "process 1\n";
  EXPECT_FALSE(is_locked(path));
  EXPECT_TRUE(FileLock::try_acquire(path));
}

}  // namespace
}  // namespace dbot::core
