// The program as users run it, with faults between it and the system.
#include <gmock/gmock.h>
#include <signal.h>
#include <stdlib.h>

#include "tests/cli/support/environment.h"
#include "tests/cli/support/tiny_run.h"

namespace dbot::faults {
namespace {

using cli_test::Environment;
using cli_test::Result;
using cli_test::Workshop;
using testing::AllOf;
using testing::HasSubstr;

/// The program's file operations fail by `plan`. The shim has to come before the sanitizers' own
/// functions, which they take for a mistake.
Environment faults(const std::string& plan, const std::string& root) {
  return Environment({{"LD_PRELOAD", DBOT_FAULT_SHIM},
                      {"ASAN_OPTIONS", "verify_asan_link_order=0"},
                      {"GOMP_SPINCOUNT", "1000"},
                      {"DBOT_FAULTS", plan},
                      {"DBOT_FAULTS_ROOT", root}});
}

TEST(Program, KilledInsideACheckpointGoesOnToTheSameEnd) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("straight").exit_code, 0);
  for (const char* plan : {"KILL@write:40", "KILL@rename:9", "KILL@symlink:4", "KILL@remove:2"}) {
    const Environment environment = faults(plan, shop.folder / "killed");
    EXPECT_EQ(shop.pretrain("killed", {"--resume"}).exit_code, 128 + SIGKILL) << plan;
  }
  EXPECT_EQ(shop.pretrain("killed", {"--resume"}).exit_code, 0);
  EXPECT_TRUE(shop.model("killed") == shop.model("straight"));
}

TEST(Program, OutlivesAFullDisk) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("straight").exit_code, 0);
  const Environment environment = faults("ENOSPC@mkdir:6+3", shop.folder / "full");
  const Result result = shop.pretrain("full");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("No space left"), HasSubstr("last good one")));
  EXPECT_TRUE(shop.model("full") == shop.model("straight"));
}

TEST(Program, SaysWithWhichOptionAFullDiskIsOutlived) {
  const Workshop shop;
  const Environment environment = faults("ENOSPC@mkdir:6+1000000", shop.folder / "full");
  const Result result = shop.pretrain("full", {"--set", "checkpoint.retry_seconds=0.1"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("No space left"), HasSubstr("steps are lost"),
                                HasSubstr("with --resume: it makes them again")));
}

TEST(Program, OutlivesAWallClockThatJumps) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("straight").exit_code, 0);
  const Environment environment({{"LD_PRELOAD", DBOT_FAULT_SHIM},
                                 {"ASAN_OPTIONS", "verify_asan_link_order=0"},
                                 {"GOMP_SPINCOUNT", "1000"},
                                 {"DBOT_FAULTS_CLOCK", "1"}});
  const Result result = shop.pretrain("jumping", {"--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(shop.model("jumping") == shop.model("straight"));
  const std::string seconds = "\"seconds\":";
  const auto at = result.out.find(seconds);
  ASSERT_NE(at, std::string::npos);
  const double spent = std::stod(result.out.substr(at + seconds.size()));
  EXPECT_GT(spent, 0);
  EXPECT_LT(spent, 3600) << "a year's jump was taken for time that passed";
}

TEST(Program, RandomKillsOfTheScriptChangeNothing) {
  const Workshop shop;
  const std::string command = "scripts/kill_test.sh 5 --program " DBOT_PROGRAM " --recipe " +
                              shop.recipe + " --data " + shop.data + " --set schedule.epochs=20 >" +
                              (shop.folder / "log") + " 2>&1";
  EXPECT_EQ(system(command.c_str()), 0) << cli_test::read_file(shop.folder / "log");
  EXPECT_THAT(cli_test::read_file(shop.folder / "log"), HasSubstr("5 kills"));
}

}  // namespace
}  // namespace dbot::faults
