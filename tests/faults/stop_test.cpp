// Being stopped in every phase of a run: it saves, says so by exit code 75, and goes on.
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>

#include "tests/cli/support/tiny_run.h"
#include "tests/faults/small_run.h"

namespace dbot::faults {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Requests the stop at one kind of moment.
struct StopAt : train::TrainObserver {
  StopAt(std::string phase_, core::StopRequest& stop_) : phase(std::move(phase_)), stop(stop_) {}
  void at(const char* now) {
    if (phase == now) stop.request();
  }
  void on_begin(const train::Plan&, const train::TrainState&, methods::Method&) override {
    at("begin");
  }
  void on_micro_batch(const train::StepProgress& progress, methods::Method&) override {
    if (progress.done == progress.of) return;
    at(progress.state.step == 0 ? "in_first_step" : "in_later_step");
    if (progress.state.step == 2) at("in_first_step_of_a_stage");
  }
  void on_step(const train::StepRecord& record, methods::Method&) override {
    at(record.state.step == 1 ? "first_step" : "later_step");
  }
  void on_checkpoint(const fs::path&, const train::TrainState&) override { at("checkpoint"); }
  void on_stage_end(std::int64_t, const train::TrainState&, methods::Method&) override {
    at("stage_switch");
  }
  void on_end(const train::TrainState&, methods::Method&) override { at("end"); }
  std::string phase;
  core::StopRequest& stop;
};

class Stop : public testing::TestWithParam<const char*> {};

TEST_P(Stop, SavesAndTheRunGoesOnToTheSameEnd) {
  SmallRun run;
  const std::string phase = GetParam();
  const Ending ending = run.start(
      {.watcher = [&](core::StopRequest& stop) { return std::make_unique<StopAt>(phase, stop); }});
  EXPECT_EQ(ending.code, phase == "end" ? 0 : 75) << ending.said;
  EXPECT_TRUE(fs::exists(run.run() / "checkpoints/latest"));
  EXPECT_EQ(run.start().code, 0);
  EXPECT_TRUE(run.result() == run.expected());
}

INSTANTIATE_TEST_SUITE_P(Phases, Stop,
                         testing::Values("begin", "in_first_step", "first_step", "in_later_step",
                                         "in_first_step_of_a_stage", "later_step", "checkpoint",
                                         "stage_switch", "end"),
                         [](const auto& test) { return std::string(test.param); });

TEST(StopBeforeTheRun, LeavesNothingBehind) {
  SmallRun run;
  const Ending ending = run.start({.stopped_before = true});
  EXPECT_EQ(ending.code, 75) << ending.said;
  EXPECT_THAT(ending.said, HasSubstr("before the run began"));
  EXPECT_FALSE(fs::exists(run.run()));
}

/// Sends a signal to the real program once it has said `text`.
int exit_code_after(int signal, int times, const std::string& text) {
  const cli_test::Workshop shop;
  const std::vector<std::string> more{"--set", "evaluate.at_stage_ends=true", "--set",
                                      "checkpoint.every_steps=0", "--resume"};
  EXPECT_EQ(shop.pretrain("straight", more).exit_code, 0);
  cli_test::Program program(shop.command("stopped", more), shop.folder.path());
  const auto said = [&] { return cli_test::read_file(shop.folder.path() / "stderr"); };
  while (program.running() && said().find(text) == std::string::npos) poll(nullptr, 0, 1);
  for (int i = 0; i < times; ++i) program.send(signal);
  const int code = program.wait().exit_code;
  EXPECT_EQ(shop.pretrain("stopped", more).exit_code, 0);
  EXPECT_TRUE(shop.model("stopped") == shop.model("straight"));
  return code;
}

TEST(StopOfTheProgram, InsideAnEvaluation) {
  EXPECT_EQ(exit_code_after(SIGTERM, 1, "evaluating stage 1"), 75);
}

TEST(StopOfTheProgram, ByAClosedTerminalThatSaysItTwice) {
  EXPECT_EQ(exit_code_after(SIGHUP, 2, "evaluating stage 1"), 75);
}

}  // namespace
}  // namespace dbot::faults
