// Held-out images judge a run: what reaches its files, what is refused, and that it goes on
// exactly.
#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// Two stages of 16 steps, 8 an epoch, judged by the test part of the data.
const std::vector<std::string> kJudged{
    "--set", "schedule.epochs=4",         "--set", "validation.every_epochs=0.25",
    "--set", "validation.max_samples=12", "--set", "train.patience=2",
    "--set", "train.keep_best=true",      "--set", "optimizer.base_lr=5",
    "--set", "checkpoint.keep=100"};

std::vector<std::string> lines_of_type(const std::string& metrics, const std::string& type) {
  std::vector<std::string> found;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("{\"type\":\"" + type + "\"")) found.push_back(line);
  }
  return found;
}

/// Without seconds, which differ from run to run.
std::string without_times(std::string line) {
  const auto begin = line.find("\"seconds\":");
  const auto end = line.find_first_of(",}", begin);
  return line.erase(begin, end - begin);
}

TEST(Validation, ReachesTheRunsFilesAndGoesOnExactly) {
  const Workshop shop;
  const Result whole = shop.pretrain("whole", kJudged);
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_THAT(whole.err, HasSubstr("held-out samples after epoch 0.25"));
  const fs::path run = shop.folder.path() / "whole";
  const auto judged = lines_of_type(read_file(run / "metrics.jsonl"), "validation");
  ASSERT_GE(judged.size(), 6U);
  EXPECT_THAT(judged[0], testing::AllOf(HasSubstr("\"figures\":{\"loss\":"),
                                        HasSubstr("\"samples\":12"), HasSubstr("\"best\":true")));
  EXPECT_THAT(read_file(run / "report.html"), HasSubstr("validation.loss"));

  // A kill leaves the checkpoints up to some step.
  std::vector<fs::path> steps;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints")) {
    if (entry.path().filename().string().starts_with("step-")) steps.push_back(entry.path());
  }
  std::ranges::sort(steps);
  for (const std::size_t kept : {std::size_t{1}, steps.size() / 3, 2 * steps.size() / 3}) {
    const std::string name = "killed-" + std::to_string(kept);
    fs::copy(run, shop.folder.path() / name,
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    const fs::path killed = shop.folder.path() / name;
    for (std::size_t i = kept; i < steps.size(); ++i) {
      fs::remove_all(killed / "checkpoints" / steps[i].filename());
    }
    fs::remove(killed / "checkpoints" / "latest");
    std::vector<std::string> more = kJudged;
    more.push_back("--resume");
    const Result resumed = shop.pretrain(name, more);
    ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
    EXPECT_TRUE(shop.model(name) == shop.model("whole")) << kept;
    const auto again = lines_of_type(read_file(killed / "metrics.jsonl"), "validation");
    ASSERT_EQ(again.size(), judged.size());
    for (std::size_t i = 0; i < judged.size(); ++i) {
      EXPECT_EQ(without_times(again[i]), without_times(judged[i]));
    }
  }
}

TEST(Validation, WithoutHeldOutImagesIsRefusedByTheKeyThatAsks) {
  const Workshop shop;
  write_png_folder(shop.folder.path() / "photos", 24);
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"pretrain", shop.recipe,        "--data", shop.folder / "photos",
                                   "--out",    shop.folder / "run"};
    words.insert(words.end(), more.begin(), more.end());
    return dbot(words);
  };
  const Result best = run({"--set", "train.keep_best=true", "--set", "validation.every_epochs=1"});
  EXPECT_EQ(best.exit_code, 2);
  EXPECT_THAT(best.err, testing::AllOf(HasSubstr("train.keep_best"), HasSubstr("held-out")));
  EXPECT_THAT(run({"--set", "validation.every_epochs=1"}).err,
              HasSubstr("validation.every_epochs needs held-out images"));
  const Result never = run({"--set", "train.patience=2"});
  EXPECT_EQ(never.exit_code, 2);
  EXPECT_THAT(never.err, HasSubstr("train.patience"));
  EXPECT_FALSE(fs::exists(shop.folder.path() / "run"));
}

TEST(Validation, ARunOfAnOlderProgramGoesOnWithoutTheNewKeys) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run").exit_code, 0);
  const std::string whole = shop.model("run");
  const fs::path run = shop.folder.path() / "run";
  std::istringstream stored(read_file(run / "recipe.toml"));
  std::string older;
  bool in_validation = false;
  for (std::string line; std::getline(stored, line);) {
    if (line.starts_with("[")) in_validation = line == "[validation]";
    const bool is_new = std::ranges::any_of(
        std::vector<std::string>{"shape =", "unit =", "milestones =", "factor =", "power =",
                                 "patience =", "keep_best =", "capture_bytes =", "base_lr = []",
                                 "warmup_epochs = []"},
        [&](const std::string& key) { return line.starts_with(key); });
    if (!in_validation && !is_new) older += line + "\n";
  }
  write_file(run / "recipe.toml", older);
  fs::remove_all(run / "checkpoints" / "step-00000016");
  fs::remove(run / "checkpoints" / "latest");
  fs::remove(run / "model.safetensors");
  const Result resumed = shop.pretrain("run", {"--resume"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_TRUE(shop.model("run") == whole);
  EXPECT_THAT(read_file(run / "recipe.toml"), HasSubstr("[validation]"));
}

}  // namespace
}  // namespace dbot::cli_test
