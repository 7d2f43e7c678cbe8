// The run folder: locks, permissions, what was deleted from it, and what must not be written to it.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "dbot/core/files/files.h"
#include "dbot/train/checkpoint/manifest.h"
#include "dbot/train/run_folder.h"
#include "tests/cli/support/program.h"
#include "tests/faults/small_run.h"

namespace dbot::faults {
namespace {

namespace fs = std::filesystem;
using cli_test::read_file;
using cli_test::write_file;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Lock, TwoProcessesInOneFolderAreRefused) {
  SmallRun run;
  fs::create_directories(run.run());
  const auto lock = core::FileLock::try_acquire(run.run() / ".lock");
  const Ending ending = run.start();
  EXPECT_EQ(ending.code, 1);
  EXPECT_THAT(ending.said, HasSubstr("process " + std::to_string(getpid())));
}

TEST(Lock, OfADeadHolderIsTakenOver) {
  SmallRun run;
  const long middle = run.clean_operations() / 2;
  EXPECT_EQ(run.start({.plan = "KILL@any:" + std::to_string(middle)}).code, 128 + SIGKILL);
  EXPECT_THAT(read_file(run.run() / ".lock"), HasSubstr("process"));
  EXPECT_EQ(run.start().code, 0);
}

// The number in the file is a living process that has nothing to do with the run.
TEST(Lock, AReusedProcessNumberHoldsNothing) {
  SmallRun run;
  fs::create_directories(run.run());
  write_file(run.run() / ".lock", "process " + std::to_string(getpid()) + "\n");
  const Ending ending = run.start();
  EXPECT_EQ(ending.code, 0) << ending.said;
}

TEST(Lock, AFileSystemWithoutLocksIsSaidAndNothingIsLeft) {
  SmallRun run;
  const Ending ending = run.start({.plan = "ENOLCK@lock:1"});
  EXPECT_EQ(ending.code, 1);
  EXPECT_THAT(ending.said, AllOf(HasSubstr("keeps no locks"), HasSubstr("local disk")));
  EXPECT_FALSE(fs::exists(run.run()));
}

TEST(ReadOnly, AFolderIsRefusedBeforeThePixelsAreMeasured) {
  SmallRun run;
  for (const char* plan : {"EROFS@mkdir:1", "EACCES@mkdir:1"}) {
    const Ending ending = run.start({.plan = plan});
    EXPECT_EQ(ending.code, 1) << plan;
    EXPECT_THAT(ending.said,
                AllOf(HasSubstr("choose another folder"), Not(HasSubstr("pixels measured"))));
  }
}

TEST(ReadOnly, AnOutputFolderOnAReadOnlyFileSystem) {
  SmallRun run;
  fs::create_directories(run.run());
  const bool mounted = mount("tmpfs", run.run().c_str(), "tmpfs", MS_RDONLY, "size=1m") == 0;
  if (!mounted) GTEST_SKIP() << "cannot mount a file system here";
  const Ending ending = run.start();
  umount2(run.run().c_str(), MNT_DETACH);
  EXPECT_EQ(ending.code, 1);
  EXPECT_THAT(ending.said,
              AllOf(HasSubstr("Read-only file system"), Not(HasSubstr("pixels measured"))));
}

TEST(ParallelStarts, WithoutAnOutputFolderGetOneEach) {
  const Place place;
  const auto claim = [&](const Say& say) {
    auto folder = train::RunFolder::claim_new("dbot/quick", place / "runs");
    folder.store_recipe("[train]\nseed = 1\n");
    say(folder.path().filename().string());
    return 0;
  };
  // Each meets the other's folder where it wanted to put its own.
  EXPECT_THAT(in_child("", place.path(), claim).said, HasSubstr("dbot-quick-1"));
  EXPECT_THAT(in_child("", place.path(), claim).said, HasSubstr("dbot-quick-2"));
}

TEST(Resume, AFinishedRunIsLeftAsItIs) {
  SmallRun run;
  ASSERT_EQ(run.start().code, 0);
  const std::string before = read_file(run.run() / "metrics.jsonl");
  EXPECT_EQ(run.start().code, 0);
  EXPECT_EQ(read_file(run.run() / "metrics.jsonl"), before);
  EXPECT_TRUE(run.result() == run.expected());
}

TEST(Resume, WithoutAnyCheckpointItIsSaidThatTheRunStartsAgain) {
  SmallRun run;
  ASSERT_EQ(run.start().code, 0);
  fs::remove_all(run.run() / "checkpoints");
  const Ending ending = run.start();
  EXPECT_EQ(ending.code, 0);
  EXPECT_THAT(ending.said, AllOf(HasSubstr("no checkpoint"), HasSubstr("4 steps were made")));
  EXPECT_TRUE(run.result() == run.expected());
}

TEST(Resume, FallsBackToAnOlderCheckpointWhenTheNewestIsBroken) {
  SmallRun run;
  ASSERT_EQ(run.start().code, 0);
  const fs::path student = run.run() / "checkpoints/latest/student.safetensors";
  std::string bytes = read_file(student);
  bytes[bytes.size() / 2] ^= 1;
  write_file(student, bytes);
  const Ending ending = run.start();
  EXPECT_EQ(ending.code, 0);
  EXPECT_THAT(ending.said, HasSubstr("passed over"));
  EXPECT_TRUE(run.result() == run.expected());
}

// What the first version wrote: no fingerprint of the data, no count of skipped steps in a row.
TEST(Resume, CheckpointsOfTheFirstVersionAreRead) {
  SmallRun run;
  ASSERT_EQ(run.start({.plan = "KILL@rename:7"}).code, 128 + SIGKILL);
  const fs::path newest = fs::canonical(run.run() / "checkpoints/latest");
  auto state = nlohmann::ordered_json::parse(read_file(newest / "state.json"));
  EXPECT_EQ(state.erase("skipped_in_a_row"), 1u);
  EXPECT_EQ(state["fixed_choices"].erase("data"), 1u);
  write_file(newest / "state.json", state.dump(2));
  train::write_manifest(newest, {"student.safetensors", "teacher.safetensors",
                                 "optimizer.safetensors", "state.json"});
  const Ending ending = run.start();
  EXPECT_EQ(ending.code, 0) << ending.said;
  EXPECT_TRUE(run.result() == run.expected());
}

TEST(OptionalFiles, InTheWayOfCapturesOrBadFilesEndNoRun) {
  SmallRun run;
  run.use_pictures(64);
  write_file(run.data() / "100.png", "no picture");
  struct InTheWay : train::TrainObserver {
    explicit InTheWay(fs::path folder) : run_folder(std::move(folder)) {}
    void on_begin(const train::Plan&, const train::TrainState&, methods::Method&) override {
      write_file(run_folder / "captures", "a file");
      fs::create_directories(run_folder / "bad_files.txt");
    }
    fs::path run_folder;
  };
  const Ending ending = run.start(
      {.settings = {"train.capture_step=1", "schedule.total_steps=8"},
       .watcher = [&](core::StopRequest&) { return std::make_unique<InTheWay>(run.run()); }});
  EXPECT_EQ(ending.code, 0) << ending.said;
  EXPECT_THAT(ending.said, AllOf(HasSubstr("could not be kept"), HasSubstr("bad_files.txt")));
}

}  // namespace
}  // namespace dbot::faults
