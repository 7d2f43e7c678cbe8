// Runs that start from weights: from a run of ours, and to the end without it.
#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class StartFromWeights : public testing::Test {
 protected:
  void SetUp() override {
    const Result run = shop_.pretrain("before", {"--steps", "2", "--set", "model.channels=1"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
  }

  std::vector<std::string> start(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"--set", "student.init=file", "--set",
                                   "student.path=" + (shop_.folder / "before")};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  Workshop shop_;
};

TEST_F(StartFromWeights, IsJudgedAgainstThemAndCarriesTheirOrigin) {
  const Result result = shop_.pretrain("run", start({"--set", "evaluate.at_stage_ends=true",
                                                     "--set", "student.lr_factor=0.5", "--json"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("start "), HasSubstr("before"), HasSubstr("rate × 0.5"),
                                HasSubstr("weights of 1 channels are repeated in turn for 3")));
  EXPECT_EQ(nlohmann::json::parse(result.out)["evaluations"][1]["label"], "start weights");
  EXPECT_THAT(read_file(shop_.folder.path() / "run/report.html"), HasSubstr("start weights"));
  const Result shown = dbot({"inspect", shop_.folder / "run/model.safetensors", "--json"});
  EXPECT_THAT(shown.out, HasSubstr("sha256"));
}

TEST_F(StartFromWeights, WithoutAStepTheWeightsAreTheSame) {
  ASSERT_EQ(shop_.pretrain("same", start({"--steps", "0", "--set", "model.channels=1"})).exit_code,
            0);
  for (const char* run : {"before", "same"}) {
    const Result features = dbot({"embed", "--model", shop_.folder / run, "--data", shop_.data,
                                  "--out", shop_.folder / (std::string(run) + ".csv")});
    ASSERT_EQ(features.exit_code, 0) << features.err;
  }
  EXPECT_TRUE(read_file(shop_.folder / "before.csv") == read_file(shop_.folder / "same.csv"));
}

TEST_F(StartFromWeights, TakesTheShapeOfTheFileAndRefusesWhatItMayNot) {
  // Another network in the recipe; the file's is taken, and that is said.
  const Result wide =
      shop_.pretrain("wide", {"--steps", "2", "--set", "model.width=24", "--set", "model.heads=3"});
  ASSERT_EQ(wide.exit_code, 0) << wide.err;
  const Result taken =
      shop_.pretrain("taken", {"--steps", "2", "--set", "student.init=file", "--set",
                               "student.path=" + (shop_.folder / "wide")});
  ASSERT_EQ(taken.exit_code, 0) << taken.err;
  EXPECT_THAT(taken.err, HasSubstr("model.width 24, model.depth 1 in place of"));
  for (const auto& [more, words] :
       {std::pair{std::vector<std::string>{"--set", "model.width=32"}, "set model.width = 16"},
        {{"--set", "model.patch_size=4"}, "set model.patch_size = 2"},
        {{"--set", "student.path=" + (shop_.folder / "nowhere")}, "does not exist"},
        {{"--set", "student.path=" + shop_.recipe}, "holds no weights"}}) {
    const Result refused = shop_.pretrain("refused", start(more));
    EXPECT_NE(refused.exit_code, 0);
    EXPECT_THAT(refused.err, HasSubstr(words));
    EXPECT_FALSE(fs::exists(shop_.folder / "refused")) << words;
  }
}

TEST_F(StartFromWeights, GoesOnToTheSameBitsWithoutTheFile) {
  const std::vector<std::string> kept = start({"--set", "checkpoint.keep=20"});
  ASSERT_EQ(shop_.pretrain("whole", kept).exit_code, 0);
  ASSERT_EQ(shop_.pretrain("cut", kept).exit_code, 0);
  // As if it had been killed in its first stage.
  const fs::path cut = shop_.folder.path() / "cut";
  for (const auto& entry : fs::directory_iterator(cut / "checkpoints")) {
    if (entry.path().filename() > "step-00000003") fs::remove_all(entry.path());
  }
  fs::remove(cut / "checkpoints/latest");
  fs::remove(cut / "model.safetensors");
  fs::rename(shop_.folder / "before", shop_.folder / "elsewhere");
  const Result resumed = shop_.pretrain("cut", start({"--set", "checkpoint.keep=20", "--resume"}));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_TRUE(shop_.model("cut") == shop_.model("whole"));
}

}  // namespace
}  // namespace dbot::cli_test
