// Full disks and full inode tables, real ones where this process may mount, and what a run does at
// its end when a disk stays full.
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "tests/cli/support/program.h"
#include "tests/cli/support/tiny_run.h"
#include "tests/faults/small_run.h"

namespace dbot::faults {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// A small file system in memory.
class Disk {
 public:
  Disk(fs::path path, const std::string& options) : path_(std::move(path)) {
    fs::create_directories(path_);
    if (mount("tmpfs", path_.c_str(), "tmpfs", 0, options.c_str()) != 0) why_not_ = strerror(errno);
  }
  ~Disk() {
    if (why_not_.empty()) umount2(path_.c_str(), MNT_DETACH);
  }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  const std::string& why_not() const { return why_not_; }
  const fs::path& path() const { return path_; }

  void fill_blocks_but(std::size_t bytes) const {
    const auto room = fs::space(path_).available;
    std::ofstream(path_ / "ballast") << std::string(room > bytes ? room - bytes : 0, 'x');
  }
  void fill_inodes_but(int left) const {
    fs::create_directories(path_ / "ballast");
    int made = 0;
    while (std::ofstream(path_ / "ballast" / std::to_string(made))) ++made;
    for (int i = 0; i < left; ++i) fs::remove(path_ / "ballast" / std::to_string(--made));
  }
  void free() const { fs::remove_all(path_ / "ballast"); }

 private:
  fs::path path_;
  std::string why_not_;
};

/// The real program on a disk that `fill`s up after the first checkpoint and is freed after the
/// first checkpoint that failed (not after any warning: a status file may be the first to fail).
void expect_same_end(const Disk& disk, const std::function<void()>& fill) {
  const cli_test::Workshop shop;
  const std::vector<std::string> more{"--set", "checkpoint.every_steps=2", "--set",
                                      "schedule.epochs=8"};
  ASSERT_EQ(shop.pretrain("straight", more).exit_code, 0);
  const fs::path out = disk.path() / "run";
  std::vector<std::string> words = shop.command("straight", more);
  words[5] = out.string();
  ASSERT_EQ(words[4], "--out");
  cli_test::Program program(words, shop.folder.path());
  while (program.running() && !fs::exists(out / "checkpoints/latest")) poll(nullptr, 0, 1);
  fill();
  const auto said = [&] { return cli_test::read_file(shop.folder.path() / "stderr"); };
  while (program.running() && said().find("last good one") == std::string::npos) {
    poll(nullptr, 0, 1);
  }
  EXPECT_TRUE(program.running()) << "a full disk ended the run:\n" << said();
  disk.free();
  const cli_test::Result result = program.wait();
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("No space left"), HasSubstr("last good one")));
  const std::string weights = cli_test::read_file(out / "model.safetensors");
  EXPECT_FALSE(weights.empty());
  EXPECT_TRUE(weights == shop.model("straight"));
  std::ifstream metrics(out / "metrics.jsonl");
  int steps = 0;
  for (std::string line; std::getline(metrics, line);) {
    steps += line.find("\"type\":\"step\"") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(steps, 64) << "no line of metrics.jsonl is lost";
}

TEST(FullDisk, IsOutlivedAndTheEndIsTheSame) {
  const Place place;
  const Disk disk(place / "disk", "size=8m");
  if (!disk.why_not().empty()) GTEST_SKIP() << "cannot mount a file system: " << disk.why_not();
  expect_same_end(disk, [&] { disk.fill_blocks_but(16 << 10); });
}

TEST(FullInodeTable, IsOutlivedAndTheEndIsTheSame) {
  const Place place;
  const Disk disk(place / "disk", "size=8m,nr_inodes=200");
  if (!disk.why_not().empty()) GTEST_SKIP() << "cannot mount a file system: " << disk.why_not();
  expect_same_end(disk, [&] { disk.fill_inodes_but(2); });
}

TEST(FullDisk, AtTheEndIsWaitedForAndThenSaidWithTheWayOut) {
  SmallRun run;
  // Checkpoints are written to the third step; from then on nothing is.
  const std::string plan =
      "ENOSPC@any:" + std::to_string(run.clean_operations() * 3 / 4) + "+1000000";
  const Ending ending = run.start({.plan = plan, .settings = {"checkpoint.retry_seconds=0.3"}});
  EXPECT_EQ(ending.code, 1);
  EXPECT_THAT(ending.said,
              AllOf(HasSubstr("No space left"), HasSubstr("steps are lost"),
                    HasSubstr("go on with the run"), HasSubstr("last good one is that of step")));
  EXPECT_EQ(run.start().code, 0);
  EXPECT_TRUE(run.result() == run.expected());
}

TEST(FullDisk, AStopEndsTheWaiting) {
  SmallRun run;
  struct StopAtThird : train::TrainObserver {
    explicit StopAtThird(core::StopRequest& request) : stop(request) {}
    void on_step(const train::StepRecord& record, methods::Method&) override {
      if (record.state.step == 3) stop.request();
    }
    core::StopRequest& stop;
  };
  const std::string plan = "ENOSPC@mkdir:4+1000000";
  const Ending ending = run.start(
      {.plan = plan,
       .settings = {"checkpoint.retry_seconds=100000"},
       .watcher = [](core::StopRequest& stop) { return std::make_unique<StopAtThird>(stop); }});
  EXPECT_EQ(ending.code, 1) << "steps were lost, so it was no clean stop:\n" << ending.said;
  EXPECT_THAT(ending.said, HasSubstr("steps are lost"));
  EXPECT_EQ(run.start().code, 0);
  EXPECT_TRUE(run.result() == run.expected());
}

TEST(FullDisk, IsToldAtGrowingIntervals) {
  SmallRun run;
  const std::vector<std::string> settings{"schedule.total_steps=14", "checkpoint.retry_seconds=0"};
  const Ending ending = run.start({.plan = "ENOSPC@mkdir:4+1000000", .settings = settings});
  EXPECT_EQ(ending.code, 1);
  int warnings = 0;
  for (std::size_t at = 0; (at = ending.said.find("Training goes on", at)) != std::string::npos;
       ++at) {
    ++warnings;
  }
  EXPECT_GE(warnings, 2);
  EXPECT_LE(warnings, 4) << "failures 1, 2, 4 and 8\n" << ending.said;
}

}  // namespace
}  // namespace dbot::faults
