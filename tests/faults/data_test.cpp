// Images that change or vanish, during a run and between two starts, and names of every kind.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/program.h"
#include "tests/cli/support/tiny_run.h"
#include "tests/faults/small_run.h"

namespace dbot::faults {
namespace {

namespace fs = std::filesystem;
using cli_test::read_file;
using cli_test::write_file;
using testing::AllOf;
using testing::HasSubstr;

/// Does something to the data after the first step.
struct AfterFirstStep : train::TrainObserver {
  explicit AfterFirstStep(std::function<void()> act_) : act(std::move(act_)) {}
  void on_step(const train::StepRecord& record, methods::Method&) override {
    if (record.state.step == 1) act();
  }
  std::function<void()> act;
};

Start with(std::function<void()> act) {
  return {.settings = {"schedule.total_steps=16", "data.max_bad_fraction=0.2"},
          .watcher = [act](core::StopRequest&) { return std::make_unique<AfterFirstStep>(act); }};
}

TEST(ImagesDuringTheRun, OnesThatBreakOrVanishAreReplacedAndListed) {
  SmallRun run;
  run.use_pictures(64);
  const Ending ending = run.start(with([&] {
    // The first batches may be in memory already; in the next epoch these are met.
    write_file(run.data() / "110.png", read_file(run.data() / "110.png").substr(0, 40));
    fs::remove(run.data() / "120.png");
  }));
  EXPECT_EQ(ending.code, 0) << ending.said;
  EXPECT_THAT(ending.said, AllOf(HasSubstr("110.png"), HasSubstr("120.png")));
  EXPECT_THAT(read_file(run.run() / "bad_files.txt"),
              AllOf(HasSubstr("110.png"), HasSubstr("120.png")));
}

TEST(ImagesDuringTheRun, WhenAllVanishTheRunIsSavedAndGoesOnOnceTheyAreBack) {
  SmallRun run;
  run.use_pictures(64);
  const fs::path hidden = run.folder() / "hidden";
  const Start longer{.settings = {"schedule.total_steps=16", "data.max_bad_fraction=0.2"}};
  ASSERT_EQ(run.start(longer, "straight").code, 0);
  const Ending ending = run.start(with([&] { fs::rename(run.data(), hidden); }));
  EXPECT_EQ(ending.code, 3) << ending.said;
  EXPECT_TRUE(fs::exists(run.run() / "checkpoints/latest"));
  fs::rename(hidden, run.data());
  EXPECT_EQ(run.start(longer).code, 0);
  EXPECT_TRUE(run.result() == run.result("straight"));
}

class ImagesBetweenStarts : public testing::Test {
 protected:
  ImagesBetweenStarts() {
    run_.use_pictures(64);
    EXPECT_EQ(run_.start().code, 0);
  }
  /// What the next start says; it is refused as bad data.
  std::string refusal() {
    const Ending ending = run_.start();
    EXPECT_EQ(ending.code, 3) << ending.said;
    return ending.said;
  }
  SmallRun run_;
};

TEST_F(ImagesBetweenStarts, ARenamedOneIsRefusedByName) {
  fs::rename(run_.data() / "130.png", run_.data() / "130b.png");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("first other name"), HasSubstr("130b.png")));
}

TEST_F(ImagesBetweenStarts, OneOfAnotherSizeIsRefusedByName) {
  write_file(run_.data() / "130.png", read_file(run_.data() / "130.png") + "x");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("first other content"), HasSubstr("130.png")));
}

TEST_F(ImagesBetweenStarts, OneLessIsRefusedWithBothNumbers) {
  fs::remove(run_.data() / "130.png");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("63"), HasSubstr("64")));
}

TEST_F(ImagesBetweenStarts, AFolderThatMovedIsTheSame) {
  // `use_pictures` keeps the path, so the run sees the same files in another place by a link.
  const fs::path moved = run_.folder() / "moved";
  fs::rename(run_.data(), moved);
  fs::create_directory_symlink(moved, run_.data());
  EXPECT_EQ(run_.start().code, 0);
}

TEST(Names, ThatAreNotUtf8OrVeryLongAreAllRight) {
  const cli_test::Workshop shop;
  const fs::path data = shop.folder.path() / "pictures\xff\xfe";
  cli_test::write_png_folder(data, 16);
  fs::rename(data / "100.png", data / (std::string(251, 'n') + ".png"));
  fs::rename(data / "101.png", data / "\xc3\x28 \n\x1b[31m.png");
  write_file(data / "bad\xff.png", "no picture");
  const std::string out = shop.folder / ("run\xff" + std::string(200, 'o'));
  const cli_test::Result result =
      cli_test::dbot({"pretrain", shop.recipe, "--data", data.string(), "--out", out, "--steps",
                      "4", "--capture-step", "2", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(nlohmann::json::parse(result.out)["finished"].get<bool>());
  EXPECT_TRUE(fs::exists(fs::path(out) / "captures/step-00000002"));
  const cli_test::Result replay =
      cli_test::dbot({"replay", out + "/captures/step-00000002", "--json"});
  EXPECT_EQ(replay.exit_code, 0) << replay.err;
}

TEST(Names, APathThatIsTooLongIsAnErrorThatSaysSo) {
  const cli_test::Workshop shop;
  const cli_test::Result result = shop.pretrain(std::string(300, 'x'), {"--steps", "2"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("File name too long"));
}

}  // namespace
}  // namespace dbot::faults
