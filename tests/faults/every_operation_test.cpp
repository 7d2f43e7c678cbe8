// Each file operation of a run goes wrong once: the run must go on, or be one that can go on, and
// come to the same bytes.
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/faults/small_run.h"

namespace dbot::faults {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

/// `action` at the FIRST-th operation for each first from `begin` in steps of `stride`; the run is
/// then started again without faults.
class EveryOperation : public testing::Test {
 protected:
  void go(const std::string& action, const std::string& count, long stride,
          const std::vector<int>& codes, const std::vector<std::string>& settings = {}) {
    const long operations = run_.clean_operations();
    ASSERT_GT(operations, 60) << "the shim sees the program's file operations";
    int suffered = 0;
    for (long first = 1; first <= operations; first += stride) {
      const std::string plan = action + "@any:" + std::to_string(first) + count;
      const Ending ending = run_.start({.plan = plan, .settings = settings});
      ASSERT_THAT(codes, testing::Contains(ending.code)) << plan << "\n" << ending.said;
      suffered += ending.code != 0 ? 1 : 0;
      if (ending.code == 1) {
        ASSERT_THAT(ending.said, HasSubstr("[")) << plan << ": an error names its operation";
      }
      const Ending again = run_.start({.settings = settings});
      ASSERT_EQ(again.code, 0) << plan << "\n" << ending.said << "\nthen\n" << again.said;
      ASSERT_TRUE(run_.result() == run_.expected()) << plan;
      run_.remove();
    }
    EXPECT_GT(suffered, 0);
  }

  SmallRun run_;
};

TEST_F(EveryOperation, KilledBeforeOrInsideIt) {
  go("KILL", "", 1, {128 + SIGKILL});
}

TEST_F(EveryOperation, FailsOnceWithAnInputOutputError) {
  go("EIO", "", 1, {0, 1});
}

TEST_F(EveryOperation, AndAllAfterItFailBecauseTheDiskIsFull) {
  go("ENOSPC", "+1000000", 3, {0, 1}, {"checkpoint.retry_seconds=0"});
}

TEST_F(EveryOperation, SigtermBeforeIt) {
  go("TERM", "", 3, {0, 75});
}

/// Faults that a program has to live with as if they were not there.
class Harmless : public testing::TestWithParam<const char*> {};

TEST_P(Harmless, ChangesNothing) {
  SmallRun run;
  const Ending ending = run.start({.plan = GetParam()});
  EXPECT_EQ(ending.code, 0) << ending.said;
  EXPECT_THAT(ending.said, Not(HasSubstr("warning")));
  EXPECT_TRUE(run.result() == run.expected());
}

INSTANTIATE_TEST_SUITE_P(Faults, Harmless,
                         testing::Values("SHORT@write:1+1000000", "EINTR@open:3", "EINTR@write:2+5",
                                         "EINTR@sync:1+3", "EINTR@lock:1", "EINTR@close:2+9"));

/// Faults that hold one operation for a while: training outlives them.
class Passing : public testing::TestWithParam<const char*> {};

TEST_P(Passing, IsOutlivedWithAWarning) {
  SmallRun run;
  const Ending ending = run.start({.plan = GetParam()});
  EXPECT_EQ(ending.code, 0) << ending.said;
  EXPECT_THAT(ending.said, HasSubstr("warning"));
  EXPECT_TRUE(run.result() == run.expected());
}

// The first operations found the run folder; a fault there is told at once, nothing being lost.
INSTANTIATE_TEST_SUITE_P(Faults, Passing,
                         testing::Values("ENOSPC@sync:8+2", "EDQUOT@write:8+3", "EROFS@mkdir:4+1",
                                         "EACCES@mkdir:3+1", "EMFILE@open:9+2", "ENFILE@open:9+2",
                                         "EIO@close:6+2", "EIO@rename:3+1", "EIO@sync:9+1",
                                         "EFBIG@write:8+3"));

}  // namespace
}  // namespace dbot::faults
