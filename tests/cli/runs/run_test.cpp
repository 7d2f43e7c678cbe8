// Whole runs: what they leave behind, and what the other commands make of it.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

nlohmann::json last_line(const std::string& text) {
  const auto end = text.find_last_not_of('\n');
  const auto begin = text.find_last_of('\n', end);
  return nlohmann::json::parse(text.substr(begin == std::string::npos ? 0 : begin + 1));
}

TEST(Run, LeavesEverythingAndReportsItsFigures) {
  const Workshop shop;
  const Result result = shop.pretrain("run", {"--json", "--set", "evaluate.at_stage_ends=true"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = last_line(result.out);
  for (const char* key : {"loss", "steps", "stage", "skipped_steps", "finished", "seconds",
                          "images_per_second", "model_flops_utilization", "data_wait_fraction",
                          "peak_memory_bytes", "top1", "top5", "out", "model", "evaluations"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_EQ(json["steps"], 16);
  EXPECT_EQ(json["stage"], 2);
  EXPECT_EQ(json["finished"], true);
  EXPECT_GT(json["images_per_second"].get<double>(), 0);
  EXPECT_GT(json["top1"].get<double>(), 0);
  std::vector<std::string> labels;
  for (const auto& evaluation : json["evaluations"]) labels.push_back(evaluation["label"]);
  EXPECT_THAT(labels,
              testing::ElementsAre("raw pixels", "untrained network", "stage 1", "stage 2"));
  for (const char* name :
       {"recipe.toml", "metrics.jsonl", "model.safetensors", "checkpoints/latest",
        "checkpoints/step-00000008", "checkpoints/step-00000016"}) {
    EXPECT_TRUE(fs::exists(shop.folder.path() / "run" / name)) << name;
  }
}

TEST(Run, ShowsATableOfAccuracies) {
  const Workshop shop;
  const Result result = shop.pretrain("run", {"--set", "evaluate.at_stage_ends=true"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* words :
       {"raw pixels", "untrained", "stage 1", "stage 2", "k-NN", "linear", "model.safetensors"}) {
    EXPECT_THAT(result.out, HasSubstr(words));
  }
}

TEST(Run, SameSeedGivesSameBytesAndAnotherSeedDoesNot) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("first").exit_code, 0);
  ASSERT_EQ(shop.pretrain("second", {"--set", "data.workers=3"}).exit_code, 0);
  ASSERT_EQ(shop.pretrain("other", {"--seed", "1"}).exit_code, 0);
  EXPECT_THAT(shop.model("first"), Not(IsEmpty()));
  EXPECT_TRUE(shop.model("first") == shop.model("second"));
  EXPECT_FALSE(shop.model("first") == shop.model("other"));
}

TEST(Run, ItsStoredRecipeIsARecipe) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("first").exit_code, 0);
  const Result again = dbot({"pretrain", shop.folder / "first/recipe.toml", "--data", shop.data,
                             "--out", shop.folder / "again"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(shop.model("first") == shop.model("again"));
}

TEST(Run, WithoutStepsWritesTheUntrainedNetwork) {
  const Workshop shop;
  const Result result = shop.pretrain("run", {"--steps", "0", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = last_line(result.out);
  EXPECT_EQ(json["steps"], 0);
  EXPECT_TRUE(json["loss"].is_null());
  EXPECT_TRUE(json["images_per_second"].is_null());
  EXPECT_THAT(shop.model("run"), Not(IsEmpty()));
}

TEST(Run, NeverWritesIntoWhatIsNotItsOwn) {
  const Workshop shop;
  fs::create_directory(shop.folder.path() / "mine");
  write_file(shop.folder / "mine/letter.txt", "keep me");
  const Result foreign = shop.pretrain("mine");
  EXPECT_EQ(foreign.exit_code, 2);
  EXPECT_THAT(foreign.err, HasSubstr("letter.txt"));
  EXPECT_EQ(read_file(shop.folder / "mine/letter.txt"), "keep me");

  ASSERT_EQ(shop.pretrain("run", {"--steps", "0"}).exit_code, 0);
  EXPECT_THAT(shop.pretrain("run").err,
              HasSubstr("holds a run; go on with it by --resume, or choose another --out"));

  const Result under_file = shop.pretrain("mine/letter.txt/run");
  EXPECT_TRUE(under_file.exit_code == 1 || under_file.exit_code == 2) << under_file.err;
  const Result unwritable =
      dbot({"pretrain", shop.recipe, "--data", shop.data, "--out", "/proc/dbot-run"});
  EXPECT_EQ(unwritable.exit_code, 1);
  EXPECT_THAT(unwritable.err, HasSubstr("/proc/dbot-run"));
}

TEST(Run, IsEvaluatedEmbeddedAndInspected) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run", {"--steps", "2"}).exit_code, 0);
  const std::string run = shop.folder / "run";

  const Result knn = dbot({"evaluate", "knn", "--model", run, "--data", shop.data, "--features",
                           "mean", "--threads", "1", "--json"});
  ASSERT_EQ(knn.exit_code, 0) << knn.err;
  EXPECT_EQ(last_line(knn.out)["results"].size(), 1);
  EXPECT_GE(last_line(knn.out)["top1"].get<double>(), 0);
  const Result linear = dbot({"evaluate", "linear", "--model", "pixels", "--image-size", "8",
                              "--data", shop.data, "--labels", "0.5", "--json"});
  ASSERT_EQ(linear.exit_code, 0) << linear.err;
  EXPECT_EQ(last_line(linear.out)["results"][0]["train_samples"], 32);

  const Result embed =
      dbot({"embed", "--model", run, "--data", shop.data, "--out", shop.folder / "x.safetensors"});
  ASSERT_EQ(embed.exit_code, 0) << embed.err;
  EXPECT_TRUE(fs::exists(shop.folder / "x.safetensors"));
  EXPECT_EQ(dbot({"embed", "--model", run, "--data", shop.data, "--out", "x.txt"}).exit_code, 2);

  const Result of_run = dbot({"inspect", run, "--json"});
  ASSERT_EQ(of_run.exit_code, 0) << of_run.err;
  EXPECT_EQ(last_line(of_run.out)["progress"]["step"], 2);
  EXPECT_EQ(last_line(of_run.out)["checkpoints"][0]["whole"], true);
  const Result of_model = dbot({"inspect", run + "/model.safetensors"});
  ASSERT_EQ(of_model.exit_code, 0) << of_model.err;
  EXPECT_THAT(of_model.out, HasSubstr("blocks.0.attn.qkv.weight"));
  EXPECT_THAT(of_model.out, HasSubstr("dbot.config"));
}

TEST(Run, BrokenWeightsAreBadData) {
  const Workshop shop;
  write_file(shop.folder / "broken.safetensors", "these are no weights");
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"evaluate", "knn", "--data", shop.data, "--model", shop.folder / "broken.safetensors"},
           {"evaluate", "knn", "--data", shop.data, "--model", shop.folder / "nowhere"},
           {"inspect", shop.folder / "broken.safetensors"},
           {"inspect", shop.folder / "nowhere"}}) {
    const Result result = dbot(command);
    EXPECT_EQ(result.exit_code, 3) << result.err;
    EXPECT_THAT(result.err, HasSubstr(command.back()));
  }
}

}  // namespace
}  // namespace dbot::cli_test
