#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "dbot/core/error.h"
#include "dbot/runtime/machine.h"
#include "dbot/runtime/precision.h"
#include "dbot/runtime/usable_cores.h"

namespace dbot::runtime {
namespace {

namespace fs = std::filesystem;

/// A folder of control group files, removed at the end.
class ControlGroup : public testing::Test {
 protected:
  void SetUp() override {
    const std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    root_ = fs::temp_directory_path() / ("dbot-cgroup-" + name);
    fs::remove_all(root_);
    fs::create_directories(root_ / "cpu");
  }
  void TearDown() override { fs::remove_all(root_); }
  void write(const char* name, const std::string& text) { std::ofstream(root_ / name) << text; }
  fs::path root_;
};

TEST_F(ControlGroup, QuotasOfBothVersionsAreRoundedUp) {
  EXPECT_EQ(quota_cores(root_), 0);
  write("cpu/cpu.cfs_quota_us", "250000\n");
  write("cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota_cores(root_), 3);
  write("cpu/cpu.cfs_quota_us", "-1\n");
  EXPECT_EQ(quota_cores(root_), 0);
  write("cpu.max", "150000 100000\n");
  EXPECT_EQ(quota_cores(root_), 2);
  write("cpu.max", "max 100000\n");
  EXPECT_EQ(quota_cores(root_), 0);
}

TEST(Precision, IsChosenByNameAndProcessor) {
  EXPECT_EQ(parse_precision("auto"), PrecisionRequest::automatic);
  EXPECT_EQ(parse_precision("bf16"), PrecisionRequest::bf16);
  EXPECT_THROW(parse_precision("fp16"), UsageError);
  int warnings = 0;
  const core::Log count = [&](core::LogLevel, std::string_view) { ++warnings; };
  EXPECT_EQ(resolve_precision(PrecisionRequest::fp32, count), Precision::fp32);
  const Precision best = cpu_has_fast_bf16() ? Precision::bf16 : Precision::fp32;
  EXPECT_EQ(resolve_precision(PrecisionRequest::automatic, count), best);
  EXPECT_EQ(warnings, 0);
  EXPECT_EQ(resolve_precision(PrecisionRequest::bf16, count), best);
  EXPECT_EQ(warnings, cpu_has_fast_bf16() ? 0 : 1);
}

TEST(Machine, DescribesItself) {
  const Machine machine = describe_machine();
  EXPECT_GE(machine.usable_cores, 1);
  EXPECT_GT(machine.memory_bytes, 0);
  EXPECT_FALSE(machine.processor.empty());
  EXPECT_THAT(machine.libtorch_version, testing::StartsWith("2."));
  EXPECT_GT(peak_memory_bytes(), 1 << 20);
  EXPECT_EQ(cpu_has_fast_bf16(), machine.instruction_set.ends_with("bf16"));
}

TEST(UsableCores, AProcessIsBoundWhereItsParentMayRunOnMore) {
  EXPECT_FALSE(is_bound_by_launcher());
  cpu_set_t all;
  CPU_ZERO(&all);
  ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
  if (CPU_COUNT(&all) < 2) GTEST_SKIP() << "one processor: there is nothing to be bound to";
  const pid_t child = fork();
  if (child == 0) {
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int i = 0; CPU_COUNT(&one) == 0; ++i) {
      if (CPU_ISSET(i, &all)) CPU_SET(i, &one);
    }
    sched_setaffinity(0, sizeof(one), &one);
    _exit(is_bound_by_launcher() && usable_cores() == 1 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(Machine, RefusesANegativeNumberOfThreads) {
  EXPECT_THROW(configure_compute(-1), UsageError);
}

}  // namespace
}  // namespace dbot::runtime
