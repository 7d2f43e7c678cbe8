#include "dbot/tools/doctor/health.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/core/temporary_folder.h"

namespace dbot::tools {
namespace {

using testing::HasSubstr;

Check of(const std::vector<Check>& checks, const std::string& subject) {
  for (const Check& check : checks) {
    if (check.subject == subject) return check;
  }
  ADD_FAILURE() << "no check of " << subject;
  return {};
}

runtime::Machine machine() {
  return {"AMD EPYC", "avx2", 8, std::int64_t{32} << 30, "2.11.0"};
}
runtime::SystemLimits limits() {
  return {.memory_total = std::int64_t{32} << 30,
          .memory_available = std::int64_t{16} << 30,
          .swap_free = 0,
          .group_memory = -1,
          .shared_memory_free = std::int64_t{1} << 30,
          .open_files = 4096,
          .machine_cores = 8};
}

TEST(Health, AGoodMachineHasNoFinding) {
  for (const Check& check : check_machine(machine(), limits())) {
    EXPECT_EQ(check.status, Status::ok) << check.subject << ": " << check.finding;
    EXPECT_EQ(check.way_out, "");
  }
}

TEST(Health, NamesWhatIsShort) {
  auto short_of = limits();
  short_of.group_memory = 1 << 30;
  short_of.open_files = 64;
  short_of.shared_memory_free = 1 << 20;
  short_of.machine_cores = 64;
  auto old = machine();
  old.instruction_set = "x86-64";
  const auto checks = check_machine(old, short_of);
  EXPECT_EQ(of(checks, "processor").status, Status::problem);
  EXPECT_EQ(of(checks, "cores").status, Status::warning);
  EXPECT_EQ(of(checks, "memory").status, Status::problem);
  EXPECT_THAT(of(checks, "memory").finding, HasSubstr("control group"));
  EXPECT_EQ(of(checks, "open files").status, Status::problem);
  EXPECT_THAT(of(checks, "open files").way_out, HasSubstr("ulimit"));
  EXPECT_EQ(of(checks, "/dev/shm").status, Status::warning);
}

TEST(Health, WarnsOfThreadsThatSpin) {
  EXPECT_EQ(check_waiting("", "").status, Status::ok);
  EXPECT_EQ(check_waiting("1000", "").status, Status::ok);
  EXPECT_EQ(check_waiting("", "active").status, Status::warning);
  EXPECT_EQ(check_waiting("30000000000", "").status, Status::warning);
}

TEST(Health, LooksAtTheFolderThatWouldBeMade) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(check_place("--out", folder / "a/b/c").at(0).subject, "--out");
  std::ofstream(folder / "file") << "x";
  EXPECT_EQ(check_place("--out", folder / "file/run").at(0).status, Status::problem);
  EXPECT_EQ(check_place("--out", "/proc/run").at(0).status, Status::problem);
}

TEST(Health, NamesBadDataAndRuns) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(check_data(folder / "none").at(0).status, Status::problem);
  std::ofstream(folder / "a.jpg") << "no picture";
  const auto checks = check_data(folder.path());
  EXPECT_EQ(of(checks, "images").status, Status::problem);
  const std::string goes_on = "it can go on";
  EXPECT_EQ(check_run(folder.path(), goes_on).at(0).status, Status::problem);
  std::ofstream(folder / "recipe.toml") << "";
  const auto run = check_run(folder.path(), goes_on);
  EXPECT_EQ(of(run, "metrics").status, Status::warning);
  EXPECT_EQ(of(run, "run").finding, "no process trains here; it can go on");
}

TEST(SystemLimits, ReadsTheControlGroup) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(runtime::group_memory_limit(folder.path()), -1);
  std::ofstream(folder / "memory.max") << "max\n";
  EXPECT_EQ(runtime::group_memory_limit(folder.path()), -1);
  std::ofstream(folder / "memory.max") << "1073741824\n";
  EXPECT_EQ(runtime::group_memory_limit(folder.path()), 1073741824);
}

}  // namespace
}  // namespace dbot::tools
