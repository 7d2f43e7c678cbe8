// Small mistakes that once passed, failed late or were badly told.
#include <gmock/gmock.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

using Json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

void expect(const Result& result, int code, const std::vector<std::string>& words) {
  EXPECT_EQ(result.exit_code, code) << result.err;
  for (const std::string& word : words) EXPECT_THAT(result.err, HasSubstr(word));
}

TEST(Refusals, OfNumbers) {
  const Workshop shop;
  expect(shop.pretrain("run", {"--steps", "99999999999999999999"}), 2,
         {"--steps", "99999999999999999999"});
  expect(shop.pretrain("run", {"--seed", "1.5"}), 2, {"--seed", "1.5", "whole number"});
  expect(shop.pretrain("run", {"--steps", "-1"}), 2, {"--steps", "-1"});
  expect(shop.pretrain("run", {"--epochs", "x"}), 2, {"--epochs is x", "number"});
  expect(shop.pretrain("run", {"--set", "optimizer.clip_norm=1e-300"}), 2,
         {"optimizer.clip_norm", "1e-300"});
  for (const char* setting : {"optimizer.eps=1e-39", "objective.beta=1e-40",
                              "evaluate.temperature=1e-39", "model.layer_norm_eps=1e-42"}) {
    expect(shop.pretrain("run", {"--set", setting}), 2, {"float32"});
  }
  expect(shop.pretrain("run", {"--set", "data.mean=[0.1, 0.1, 0.1]"}), 2,
         {"data.mean", "data.std", "data.mean alone"});
  expect(shop.pretrain("run", {"--set", "mask.ratio=0"}), 2, {"above 0 and at most 0.9375"});
}

TEST(Refusals, OfKeysOfAnotherSystem) {
  const Workshop shop;
  expect(shop.pretrain("run", {"--set", "head.pooling=cls"}), 2,
         {"head.pooling belongs to method.kind \"classification\"", "\"masked_modeling\" here",
          "leave it out"});
  expect(shop.pretrain("run", {"--set", "method.kind=classification", "--set", "mask.ratio=0.5"}),
         2, {"belongs to method.kind \"masked_modeling\"", "\"classification\" here"});
  EXPECT_FALSE(std::filesystem::exists(shop.folder / "run"));
}

TEST(Refusals, OfWords) {
  expect(dbot({"--nosuch"}), 2, {"--nosuch", "not an option"});
  expect(dbot({"pretrain", "dbot/quick", "--data", ""}), 2, {"--data", "empty"});
  expect(dbot({"inspect", "a\x1b[2Jb"}), 3, {"a?[2Jb"});
}

TEST(Refusals, OfWhatCannotBeRead) {
  const Workshop shop;
  if (geteuid() != 0) {
    std::filesystem::permissions(shop.recipe, std::filesystem::perms::none);
    expect(shop.pretrain("run"), 2, {shop.recipe});
    std::filesystem::permissions(shop.recipe, std::filesystem::perms::owner_all);
  }
  const std::string junk = shop.folder / "junk";
  std::filesystem::create_directory(junk);
  write_file(junk + "/one.jpg", "no picture");
  expect(dbot({"pretrain", shop.recipe, "--data", junk, "--out", shop.folder / "run"}), 3,
         {"none of the 1 images"});
  expect(shop.pretrain("run", {"--labels", "/none.csv"}), 3, {"/none.csv", "check --labels"});
  const Result evaluated = shop.pretrain(
      "run", {"--set", "evaluate.at_stage_ends=true", "--set", "evaluate.data=/none"});
  expect(evaluated, 3, {"evaluate.data", "/none"});
  EXPECT_THAT(evaluated.err, Not(HasSubstr("--data")));
}

TEST(Refusals, OfAnEvaluationOfOneClass) {
  const Workshop shop;
  expect(shop.pretrain("run", {"--set", "evaluate.at_stage_ends=true", "--set",
                               "evaluate.max_train_images=1"}),
         2, {"evaluate.max_train_images is 1", "two classes"});
}

TEST(Refusals, OfPlacesForFeatures) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run", {"--steps", "0"}).exit_code, 0);
  const auto embed = [&](const std::string& out, std::vector<std::string> more = {}) {
    std::vector<std::string> words{"embed",   "--model", shop.folder / "run", "--data",
                                   shop.data, "--out",   shop.folder / out,   "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return dbot(words);
  };
  expect(embed("none/f.csv"), 2, {"does not exist"});
  const Result written = embed("f.safetensors");
  ASSERT_EQ(written.exit_code, 0) << written.err;
  const Json figures = Json::parse(written.out);
  EXPECT_EQ(figures["images"], 64);
  EXPECT_EQ(figures["names"], shop.folder / "f.safetensors.names.txt");
  expect(embed("f.safetensors"), 2, {"--force"});
  const Result all = embed("f.safetensors", {"--force", "--split", "all"});
  EXPECT_EQ(Json::parse(all.out)["images"], 96);
  EXPECT_EQ(Json::parse(embed("g.csv", {"--split", "test"}).out)["images"], 32);
  expect(embed("h.csv", {"--split", "some"}), 2, {"--split", "some"});
}

TEST(Evaluate, LabelsTakesAShareOfEachClass) {
  const Workshop shop;
  const Result result = dbot(
      {"evaluate", "knn", "--model", "pixels", "--data", shop.data, "--labels", "0.02", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out)["results"][0]["train_samples"], 2) << "one of each class";
}

TEST(Doctor, LooksAtDataAndRuns) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run").exit_code, 0);
  const Result good = dbot({"doctor", "--data", shop.data, "--run", shop.folder / "run", "--out",
                            shop.folder / "new", "--json"});
  EXPECT_EQ(good.exit_code, 0) << good.out;
  const Json checks = Json::parse(good.out);
  EXPECT_EQ(checks["problems"], 0);
  EXPECT_THAT(checks["metrics"].get<std::string>(), HasSubstr("16 of 16, finished"));
  EXPECT_THAT(checks["checkpoints"].get<std::string>(), HasSubstr("whole"));
  const Result bad = dbot({"doctor", "--data", shop.folder / "none"});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.out, AllOf(HasSubstr("problem"), HasSubstr("none"), HasSubstr("way out")));
}

TEST(Inspect, ShowsModulesCheckpointsAndFacts) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run", {"--set", "model.depth=3"}).exit_code, 0);
  const std::string run = shop.folder / "run";
  const Result weights = dbot({"inspect", run + "/model.safetensors"});
  EXPECT_THAT(weights.out, AllOf(HasSubstr("blocks.0…2.attn.qkv.weight"), HasSubstr("module")));
  const Json modules = Json::parse(dbot({"inspect", run + "/model.safetensors", "--json"}).out);
  std::int64_t sum = 0;
  for (const Json& module : modules["modules"]) sum += module["parameters"].get<std::int64_t>();
  EXPECT_EQ(sum, modules["parameters"].get<std::int64_t>());
  const Json folder = Json::parse(dbot({"inspect", run + "/checkpoints", "--json"}).out);
  EXPECT_EQ(folder["kind"], "checkpoints");
  EXPECT_EQ(folder["latest"], "step-00000016");
  EXPECT_GT(folder["checkpoints"][0]["bytes"], 1000);
  EXPECT_EQ(Json::parse(dbot({"inspect", run + "/run.json", "--json"}).out)["facts"]["recipe"],
            "tiny");
  EXPECT_EQ(Json::parse(dbot({"inspect", run, "--json"}).out)["facts"]["recipe"], "tiny");
}

}  // namespace
}  // namespace dbot::cli_test
