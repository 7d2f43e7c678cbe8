// `checkpoints/latest` is a convenience: a run is the same where there can be none.
#include <gmock/gmock.h>

#include <filesystem>

#include "dbot/train/checkpoint/checkpoint.h"
#include "tests/cli/support/program.h"
#include "tests/faults/small_run.h"

namespace dbot::faults {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

/// Two newest and the end of the first stage: steps 2, 3 and 4.
void expect_whole_run(SmallRun& run, const Ending& ending) {
  EXPECT_EQ(ending.code, 0) << ending.said;
  EXPECT_THAT(ending.said, Not(AnyOf(HasSubstr("warning"), HasSubstr("lost"))));
  EXPECT_TRUE(run.result() == run.expected());
  EXPECT_EQ(train::list_checkpoints(run.run() / "checkpoints").size(), 3U) << "old ones go";
}

int times(const std::string& said, const std::string& text) {
  int count = 0;
  for (auto at = said.find(text); at != std::string::npos; at = said.find(text, at + 1)) ++count;
  return count;
}

/// As cloud drives, SMB and exFAT refuse links; or a disk that is full for a moment.
class WithoutLinks : public testing::TestWithParam<const char*> {};

TEST_P(WithoutLinks, CheckpointsCountByTheirFolders) {
  SmallRun run;
  const std::string plan = std::string(GetParam()) + "@symlink:1+1000000";
  const Ending ending = run.start({.plan = plan});
  expect_whole_run(run, ending);
  EXPECT_EQ(times(ending.said, "can be no link"), 1) << ending.said;
  EXPECT_FALSE(fs::exists(fs::symlink_status(run.run() / "checkpoints/latest")));
}

TEST_P(WithoutLinks, AStoppedRunGoesOnFromTheNewest) {
  SmallRun run;
  const std::string refused = std::string(GetParam()) + "@symlink:2+1000000";
  struct StopAtThird : train::TrainObserver {
    explicit StopAtThird(core::StopRequest& request) : stop(request) {}
    void on_step(const train::StepRecord& record, methods::Method&) override {
      if (record.state.step == 3) stop.request();
    }
    core::StopRequest& stop;
  };
  const Ending stopped = run.start({.plan = refused, .watcher = [](core::StopRequest& stop) {
                                      return std::make_unique<StopAtThird>(stop);
                                    }});
  EXPECT_EQ(stopped.code, 75) << stopped.said;
  const fs::path latest = run.run() / "checkpoints/latest";
  EXPECT_FALSE(fs::exists(fs::symlink_status(latest))) << "the first link would lead back";
  EXPECT_EQ(run.start().code, 0);
  EXPECT_TRUE(run.result() == run.expected());
}

INSTANTIATE_TEST_SUITE_P(Faults, WithoutLinks,
                         testing::Values("EPERM", "EOPNOTSUPP", "ENOSYS", "EROFS", "EACCES",
                                         "ENOSPC"));

TEST(InPlaceOfLatest, AFolderOfSomebodyElseIsLeftAlone) {
  SmallRun run;
  ASSERT_FALSE(run.expected().empty());
  fs::create_directories(run.run() / "checkpoints/latest");
  fs::copy(run.run("clean") / "recipe.toml", run.run() / "recipe.toml");
  cli_test::write_file(run.run() / "checkpoints/latest/notes.txt", "mine");
  const Ending ending = run.start();
  expect_whole_run(run, ending);
  EXPECT_EQ(times(ending.said, "can be no link"), 1) << ending.said;
  EXPECT_TRUE(fs::exists(run.run() / "checkpoints/latest/notes.txt"));
}

TEST(InPlaceOfLatest, ACopyOfTheFolderGoesOnAndIsTidiedUp) {
  SmallRun run;
  const long middle = run.clean_operations() * 2 / 3;
  EXPECT_NE(run.start({.plan = "KILL@any:" + std::to_string(middle)}).code, 0);
  // As cp -rL copies it.
  const fs::path latest = run.run() / "checkpoints/latest";
  const fs::path target = fs::canonical(latest);
  fs::remove(latest);
  fs::copy(target, latest, fs::copy_options::recursive);
  const Ending ending = run.start();
  expect_whole_run(run, ending);
  EXPECT_TRUE(fs::is_symlink(latest));
}

}  // namespace
}  // namespace dbot::faults
