// dbot watch on a pipe and with --once.
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Watch, EndsWithAFinishedRun) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run").exit_code, 0);
  const Result lines = dbot({"watch", shop.folder / "run"});
  EXPECT_EQ(lines.exit_code, 0) << lines.err;
  EXPECT_THAT(lines.out,
              AllOf(HasSubstr("step 16/16"), HasSubstr("finished"), Not(HasSubstr("\x1b"))));
  const Result once = dbot({"watch", shop.folder / "run", "--once"});
  EXPECT_EQ(once.exit_code, 0) << once.err;
  EXPECT_THAT(once.out, AllOf(HasSubstr("step 16/16"), HasSubstr("loss"), HasSubstr("finished")));
}

TEST(Watch, SeesARunToItsEnd) {
  const Workshop shop;
  // Begun before there is a run: it waits, and then follows.
  const std::string seen = shop.folder / "seen.txt";
  Program watching({"watch", shop.folder / "run"}, shop.folder.path(), seen);
  const auto waits = [&] {
    return read_file(seen).find("waiting for the run") != std::string::npos;
  };
  const auto latest = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!waits() && watching.running() && std::chrono::steady_clock::now() < latest) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ASSERT_TRUE(waits());
  ASSERT_EQ(shop.pretrain("run").exit_code, 0);
  const Result result = watching.wait();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(read_file(seen), HasSubstr("finished"));
}

TEST(Watch, EndsAtOnceOnRequestAndNamesWhatIsNoRun) {
  const TemporaryFolder folder;
  Program watching({"watch", folder / "run"}, folder.path());
  // It ignores nothing from its very start: whenever the signal comes, it ends.
  watching.send(SIGINT);
  EXPECT_NE(watching.wait().exit_code, 0);
  EXPECT_EQ(dbot({"watch", folder / "run", "--once"}).exit_code, 3);
  write_file(folder / "file", "x");
  EXPECT_EQ(dbot({"watch", folder.path().string()}).exit_code, 3) << "it can never be a run";
  EXPECT_EQ(dbot({"watch", folder / "file"}).exit_code, 3);
}

TEST(Watch, NamesTheNewestInAFolderOfRuns) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("runs/one", {"--steps", "2"}).exit_code, 0);
  ASSERT_EQ(shop.pretrain("runs/two", {"--steps", "2"}).exit_code, 0);
  for (const char* command : {"watch", "report", "resume"}) {
    const Result result = dbot({command, shop.folder / "runs"});
    EXPECT_EQ(result.exit_code, 3) << command;
    EXPECT_THAT(result.err, AllOf(HasSubstr("folder of 2 runs"),
                                  HasSubstr("the newest is " + (shop.folder / "runs/two"))));
  }
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"embed", "--model", shop.folder / "runs", "--data", shop.data, "--out",
            shop.folder / "x.csv"},
           {"export", shop.folder / "runs", "--format", "timm", "--out", shop.folder / "x.pth"},
           {"inspect", shop.folder / "runs"}}) {
    const Result result = dbot(words);
    EXPECT_EQ(result.exit_code, 3) << result.err;
    EXPECT_THAT(result.err, HasSubstr("the newest is " + (shop.folder / "runs/two")));
  }
  const Result page = dbot(
      {"evaluate", "knn", "--model", shop.folder / "runs/two/report.html", "--data", shop.data});
  EXPECT_EQ(page.exit_code, 3);
  EXPECT_THAT(page.err, HasSubstr("name the run's folder"));
}

}  // namespace
}  // namespace dbot::cli_test
