// Stopping, killing, breaking and going on: nothing is lost, and the end is the same bit for bit.
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>

#include <fstream>
#include <random>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

bool machine_has_bf16() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("flags")) {
      return line.find("avx512_bf16") != std::string::npos ||
             line.find("amx_bf16") != std::string::npos;
    }
  }
  return false;
}

/// The command, asked to stop by `signal` once its run has a checkpoint.
Result stop_under_way(const Workshop& shop, const std::vector<std::string>& command,
                      const std::string& run, int signal) {
  Program program(command, shop.folder.path());
  EXPECT_TRUE(wait_for_progress(program, shop.folder.path() / run, ""));
  program.send(signal);
  return program.wait();
}

TEST(Resume, SigtermStopsAndTheRunGoesOnToTheSameEnd) {
  const Workshop shop;
  const std::vector<std::string> more{"--set", "schedule.epochs=16"};
  ASSERT_EQ(shop.pretrain("straight", more).exit_code, 0);
  const Result stopped = stop_under_way(shop, shop.command("stopped", more), "stopped", SIGTERM);
  ASSERT_EQ(stopped.exit_code, 75) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("--resume"));
  EXPECT_FALSE(latest(shop.folder.path() / "stopped") == latest(shop.folder.path() / "straight"));

  std::vector<std::string> resume = more;
  resume.push_back("--resume");
  const Result resumed = shop.pretrain("stopped", resume);
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_TRUE(shop.model("straight") == shop.model("stopped"));
}

/// Kills the run again and again at any moment, then lets it end.
void expect_same_end_after_kills(const std::string& precision, int kills) {
  const Workshop shop;
  const std::vector<std::string> more{"--precision", precision, "--set", "schedule.epochs=16",
                                      "--resume"};
  ASSERT_EQ(shop.pretrain("straight", more).exit_code, 0);
  const fs::path run = shop.folder.path() / "killed";
  std::mt19937 random(7);
  int killed = 0;
  for (int kill = 0; kill < kills; ++kill) {
    Program program(shop.command("killed", more), shop.folder.path());
    if (!wait_for_progress(program, run, latest(run))) {
      EXPECT_EQ(program.wait().exit_code, 0);
      break;
    }
    // Anywhere in one of the next steps, or in the writing of its checkpoint.
    poll(nullptr, 0, static_cast<int>(random() % 40));
    program.send(SIGKILL);
    killed += program.wait().exit_code == 128 + SIGKILL ? 1 : 0;
  }
  EXPECT_GE(killed, kills / 2) << "the run is too short to be killed that often";
  const Result end = shop.pretrain("killed", more);
  ASSERT_EQ(end.exit_code, 0) << end.err;
  EXPECT_THAT(shop.model("killed"), Not(IsEmpty()));
  EXPECT_TRUE(shop.model("straight") == shop.model("killed"));
}

TEST(Resume, SeveralSourcesGoOnWhereTheyWereDrawn) {
  const Workshop shop;
  write_png_folder(shop.folder.path() / "many", 24);
  write_png_folder(shop.folder.path() / "few", 8);
  const auto command = [&](const std::string& out, const std::vector<std::string>& more) {
    std::vector<std::string> words{
        "pretrain", shop.recipe,           "--data", shop.folder / "many",
        "--data",   shop.folder / "few",   "--out",  shop.folder / out,
        "--set",    "data.weights=[1, 3]", "--set",  "schedule.epochs=16"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  const Result straight = dbot(command("straight", {}));
  ASSERT_EQ(straight.exit_code, 0) << straight.err;
  EXPECT_THAT(straight.err, HasSubstr("32 images"));
  const Result stopped =
      stop_under_way(shop, command("stopped", {"--set", "data.workers=0"}), "stopped", SIGTERM);
  ASSERT_EQ(stopped.exit_code, 75) << stopped.err;
  const Result resumed = dbot(command(
      "stopped", {"--resume", "--set", "data.workers=3", "--set", "data.cache_bytes=1000000"}));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_TRUE(shop.model("stopped") == shop.model("straight"));
  const Result other = dbot(command("stopped", {"--resume", "--set", "data.weights=[1, 1]"}));
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("data.weights"));
}

TEST(Resume, KillsAtAnyMomentChangeNothingInFp32) {
  expect_same_end_after_kills("fp32", 10);
}

TEST(Resume, KillsAtAnyMomentChangeNothingInBf16) {
  if (!machine_has_bf16()) GTEST_SKIP() << "this processor does not multiply bf16 matrices";
  expect_same_end_after_kills("bf16", 10);
}

TEST(Resume, ByTheRunAloneGoesOnToTheSameEnd) {
  const Workshop shop;
  const std::vector<std::string> more{"--set", "schedule.epochs=16", "--set",
                                      "optimizer.betas=[0.9, 0.95]"};
  ASSERT_EQ(shop.pretrain("straight", more).exit_code, 0);
  const Result stopped = stop_under_way(shop, shop.command("a run", more), "a run", SIGINT);
  ASSERT_EQ(stopped.exit_code, 75) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("taken up again"));
  EXPECT_THAT(stopped.err, HasSubstr("dbot resume '" + (shop.folder / "a run") + "' goes on"));
  // The whole command, as a shell takes it.
  EXPECT_THAT(stopped.err,
              HasSubstr("dbot pretrain " + shop.recipe + " --data " + shop.data + " --out '" +
                        (shop.folder / "a run") +
                        "' --set schedule.epochs=16 --set 'optimizer.betas=[0.9, 0.95]' --resume"));
  const Result other = dbot({"resume", shop.folder / "a run", "--set", "optimizer.base_lr=1"});
  EXPECT_EQ(other.exit_code, 2) << other.err;
  const Result resumed = dbot({"resume", shop.folder / "a run"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_TRUE(shop.model("straight") == shop.model("a run"));
  EXPECT_EQ(dbot({"resume", shop.folder / "a run", "--json"}).exit_code, 0) << "a finished run";
}

TEST(Resume, SaysWhatIsNoRunAndWhereItsImagesWere) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run", {"--steps", "4"}).exit_code, 0);
  const Result of_all = dbot({"resume", shop.folder.path().string()});
  EXPECT_EQ(of_all.exit_code, 3) << of_all.err;
  EXPECT_THAT(of_all.err, HasSubstr("the newest is " + (shop.folder / "run")));
  const Result of_page = dbot({"resume", shop.folder / "run/report.html"});
  EXPECT_EQ(of_page.exit_code, 3);
  EXPECT_THAT(of_page.err, HasSubstr("name its folder"));
  EXPECT_EQ(dbot({"resume", shop.folder / "none"}).exit_code, 3);
  fs::remove(shop.folder.path() / "run/run.json");
  const Result unknown = dbot({"resume", shop.folder / "run"});
  EXPECT_EQ(unknown.exit_code, 2) << unknown.err;
  EXPECT_THAT(unknown.err, HasSubstr("--data"));
  EXPECT_EQ(dbot({"resume", shop.folder / "run", "--data", shop.data}).exit_code, 0);
}

TEST(Resume, FinishedRunsEndAtOnceAndOthersStart) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run", {"--resume"}).exit_code, 0) << "--resume without a run starts one";
  const std::string model = shop.model("run");
  const Result again = shop.pretrain("run", {"--resume"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(model == shop.model("run"));
  const Result without = shop.pretrain("run");
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_THAT(without.err, HasSubstr("--resume"));
}

TEST(Resume, RefusesAChangedRecipeAndNamesTheKeys) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run", {"--steps", "4"}).exit_code, 0);
  const Result changed =
      shop.pretrain("run", {"--steps", "4", "--resume", "--set", "optimizer.base_lr=0.5"});
  EXPECT_EQ(changed.exit_code, 2) << changed.err;
  EXPECT_THAT(changed.err, HasSubstr("optimizer.base_lr"));
  EXPECT_THAT(changed.err, HasSubstr("0.5"));
}

TEST(Resume, RefusesOtherData) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run", {"--steps", "4"}).exit_code, 0);
  write_png_folder(shop.folder.path() / "other", 48);
  const Result other = dbot({"pretrain", shop.recipe, "--data", shop.folder / "other", "--out",
                             shop.folder / "run", "--steps", "4", "--resume"});
  EXPECT_EQ(other.exit_code, 3) << other.err;
  EXPECT_THAT(other.err, testing::AllOf(HasSubstr("48"), HasSubstr("64")));
}

TEST(Resume, FallsBackPastABrokenCheckpointUntilNoneIsLeft) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run").exit_code, 0);
  const std::string model = shop.model("run");
  const fs::path checkpoints = shop.folder.path() / "run/checkpoints";
  const fs::path newest = checkpoints / latest(shop.folder.path() / "run");
  const std::string whole = read_file(newest / "student.safetensors");
  write_file(newest / "student.safetensors", whole.substr(0, whole.size() - 1));
  const Result back = shop.pretrain("run", {"--resume"});
  EXPECT_EQ(back.exit_code, 0) << back.err;
  EXPECT_THAT(back.err, HasSubstr(newest.filename().string()));
  EXPECT_TRUE(model == shop.model("run"));

  for (const auto& entry : fs::directory_iterator(checkpoints)) {
    if (entry.is_directory() && !entry.is_symlink()) write_file(entry.path() / "manifest.json", "");
  }
  const Result none = shop.pretrain("run", {"--resume"});
  EXPECT_EQ(none.exit_code, 3) << none.err;
  EXPECT_TRUE(model == shop.model("run")) << "the weights must stay";
}

}  // namespace
}  // namespace dbot::cli_test
