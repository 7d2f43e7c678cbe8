// Steps that went wrong are kept, and repeated bit for bit.
#include <gmock/gmock.h>

#include <cmath>

#include "dbot/run/stored/replay.h"
#include "tests/cli/support/program.h"
#include "tests/faults/small_run.h"

namespace dbot::faults {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// What the repetition of a captured step says, in a process of its own.
std::string replay(const fs::path& folder) {
  const Ending ending = in_child("", folder, [&](const Say& say) {
    const run::Replay result = run::replay(folder, std::nullopt, core::silent_log());
    say(result.bit_identical ? "identical" : "different");
    say(std::isfinite(result.loss) && std::isfinite(result.gradient_norm) ? "finite"
                                                                          : "not finite");
    for (const run::FiniteCheck& check : result.checks) {
      if (check.not_finite > 0) say(check.part + ": " + check.first);
    }
    return 0;
  });
  EXPECT_EQ(ending.code, 0) << ending.said;
  return ending.said;
}

TEST(Replay, AFiniteStepIsRepeatedBitForBit) {
  SmallRun run;
  ASSERT_EQ(run.start({.settings = {"train.capture_step=3"}}).code, 0);
  EXPECT_TRUE(run.result() == run.expected()) << "capturing changed the run";
  EXPECT_EQ(replay(run.run() / "captures/step-00000003"), "identical\nfinite\n");
}

TEST(Replay, AStepWhoseWeightsOverflowedIsKeptRepeatedAndExplained) {
  SmallRun run;
  const Ending ending =
      run.start({.settings = {"optimizer.base_lr=1000", "optimizer.clip_norm=0",
                              "optimizer.weight_decay=1000", "schedule.warmup_epochs=0",
                              "schedule.total_steps=40", "train.max_skipped_steps=6"}});
  EXPECT_EQ(ending.code, 1) << ending.said;
  EXPECT_THAT(ending.said, HasSubstr("dbot replay"));
  std::vector<fs::path> captures;
  for (const auto& entry : fs::directory_iterator(run.run() / "captures")) {
    captures.push_back(entry.path());
  }
  ASSERT_EQ(captures.size(), 3u) << "the first three of six";
  std::sort(captures.begin(), captures.end());
  const std::string said = replay(captures.front());
  EXPECT_THAT(said, AllOf(HasSubstr("identical"), HasSubstr("not finite"), HasSubstr(": ")));
}

TEST(Replay, ABrokenCaptureIsBadData) {
  SmallRun run;
  ASSERT_EQ(run.start({.settings = {"train.capture_step=1"}}).code, 0);
  const fs::path folder = run.run() / "captures/step-00000001";
  const std::string bytes = cli_test::read_file(folder / "micro-batch-0.safetensors");
  cli_test::write_file(folder / "micro-batch-0.safetensors", bytes.substr(0, bytes.size() / 2));
  EXPECT_EQ(cli_test::dbot({"replay", folder.string()}).exit_code, 3);
  EXPECT_EQ(cli_test::dbot({"replay", run.run().string()}).exit_code, 3);
}

TEST(Replay, ByTheProgramForPeopleAndAsJson) {
  SmallRun run;
  ASSERT_EQ(run.start({.settings = {"train.capture_step=2"}}).code, 0);
  const std::string folder = run.run() / "captures/step-00000002";
  EXPECT_THAT(cli_test::dbot({"replay", folder}).out, HasSubstr("bit for bit the recorded step"));
  EXPECT_THAT(cli_test::dbot({"replay", folder, "--json"}).out,
              AllOf(HasSubstr("\"bit_identical\":true"), HasSubstr("\"first_not_finite\":null")));
}

TEST(NothingLearnt, AShortRunWithoutAGoodStepSaysSo) {
  SmallRun run;
  const Ending ending =
      run.start({.settings = {"data.mean=[1000, 1000, 1000]", "data.std=[2e-38, 2e-38, 2e-38]"}});
  EXPECT_EQ(ending.code, 1);
  EXPECT_THAT(ending.said, HasSubstr("not one of the run's 4 steps"));
}

TEST(SkippedSteps, InARowAreCountedAcrossStarts) {
  SmallRun run;
  std::vector<std::string> settings{"optimizer.base_lr=1000",      "optimizer.clip_norm=0",
                                    "optimizer.weight_decay=1000", "schedule.warmup_epochs=0",
                                    "schedule.total_steps=60",     "train.max_skipped_steps=12"};
  // The third skipped step ends the first process; the second one need only skip the rest.
  struct StopAfterSkips : train::TrainObserver {
    explicit StopAfterSkips(core::StopRequest& request) : stop(request) {}
    void on_step(const train::StepRecord& record, methods::Method&) override {
      if (record.state.skipped_in_a_row == 9) stop.request();
    }
    core::StopRequest& stop;
  };
  const Ending first = run.start({.settings = settings, .watcher = [](core::StopRequest& stop) {
                                    return std::make_unique<StopAfterSkips>(stop);
                                  }});
  ASSERT_EQ(first.code, 75) << first.said;
  const Ending second = run.start({.settings = settings});
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.said, HasSubstr("(10 in a row"));
}

}  // namespace
}  // namespace dbot::faults
