// Few labels, several seeds, grids and MAE's protocol, as users ask for them.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

using Json = nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

namespace fs = std::filesystem;

class Evaluation : public testing::Test {
 protected:
  Result evaluate(const std::string& protocol, const std::string& model,
                  const std::vector<std::string>& more) const {
    std::vector<std::string> words{"evaluate", protocol, "--model", model, "--data", shop_.data};
    words.insert(words.end(), more.begin(), more.end());
    return dbot(words);
  }
  std::string run() const {
    EXPECT_EQ(shop_.pretrain("run", {"--steps", "2"}).exit_code, 0);
    return shop_.folder / "run";
  }
  void expect_refusal(const std::vector<std::string>& more, int code,
                      const std::vector<std::string>& words,
                      const std::string& protocol = "linear") const {
    const Result result = evaluate(protocol, "pixels", more);
    EXPECT_EQ(result.exit_code, code) << result.err;
    for (const std::string& word : words) EXPECT_THAT(result.err, HasSubstr(word));
  }

  Workshop shop_;
};

std::int64_t lines_in(const fs::path& file) {
  const std::string text = read_file(file);
  return std::ranges::count(text, '\n');
}

TEST_F(Evaluation, FewLabelsAndSeedsAreKeptInTheRunAndShownOnItsPage) {
  const std::string model = run();
  const Result result = evaluate("linear", model,
                                 {"--labels", "3-per-class", "--seeds", "3", "--features",
                                  "mean,grid:2", "--epochs", "2", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["labels"], "3 labels a class");
  EXPECT_THAT(json["seeds"], ElementsAre(0, 1, 2));
  ASSERT_EQ(json["results"].size(), 2U);
  EXPECT_EQ(json["results"][1]["features"], "grid:2");
  for (const Json& row : json["results"]) {
    EXPECT_EQ(row["train_samples"], 6);
    ASSERT_EQ(row["by_seed"].size(), 3U);
    double sum = 0;
    for (const Json& seed : row["by_seed"]) sum += seed["top1"].get<double>();
    EXPECT_NEAR(row["top1"].get<double>(), sum / 3, 1e-9);
    EXPECT_TRUE(row["top1_spread"].is_number());
  }
  const fs::path kept = fs::path(model) / "evaluations/1";
  EXPECT_EQ(json["out"], kept.string());
  EXPECT_EQ(Json::parse(read_file(kept / "results.json")), json);
  for (const char* seed : {"0", "1", "2"}) {
    EXPECT_EQ(lines_in(kept / ("labels-seed-" + std::string(seed) + ".txt")), 6);
  }
  EXPECT_NE(read_file(kept / "labels-seed-0.txt"), read_file(kept / "labels-seed-1.txt"));

  const Result again = evaluate("knn", model, {"--labels", "10%"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("10% of the labels"));
  EXPECT_TRUE(fs::exists(fs::path(model) / "evaluations/2/labels-seed-0.txt"));
  ASSERT_EQ(dbot({"report", model}).exit_code, 0);
  EXPECT_THAT(read_file(fs::path(model) / "report.html"),
              AllOf(HasSubstr("3 labels a class"), HasSubstr("10% of the labels")));
}

TEST_F(Evaluation, SeveralSeedsHaveMeanAndSpreadInTheTable) {
  const Result result = evaluate("knn", "pixels",
                                 {"--image-size", "8", "--seeds", "2", "--labels", "1-per-class",
                                  "--out", shop_.folder / "out"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr(" ± "), HasSubstr("of 2 seeds"), HasSubstr("pixels")));
  EXPECT_EQ(lines_in(shop_.folder / "out/labels-seed-1.txt"), 2);
}

TEST_F(Evaluation, APlainOneChangesNoRun) {
  const std::string model = run();
  const Result result = evaluate("knn", model, {"--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(Json::parse(result.out)["out"].is_null());
  EXPECT_TRUE(Json::parse(result.out)["results"][0]["top1_spread"].is_null());
  EXPECT_FALSE(fs::exists(fs::path(model) / "evaluations"));
}

TEST_F(Evaluation, TrainsTheLinearClassifierAsMaeDoes) {
  const std::string model = run();
  const Result result = evaluate("linear", model,
                                 {"--protocol", "mae", "--epochs", "2", "--batch", "16",
                                  "--features", "cls,grid:4", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Json rows = Json::parse(result.out)["results"];
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0]["protocol"], "linear_mae");
  EXPECT_EQ(rows[0]["features"], "cls");
  EXPECT_EQ(rows[1]["features"], "grid:4");
  EXPECT_EQ(rows[1]["train_samples"], 64);
}

TEST_F(Evaluation, RefusesWhatDoesNotFit) {
  expect_refusal({"--labels", "150%"}, 2, {"--labels is 150%"});
  expect_refusal({"--labels", "99-per-class"}, 3, {"fewer than the 99", "2 of 2 classes"});
  expect_refusal({"--labels", "10%", "--labels", "2-per-class"}, 2,
                 {"10% of the labels", "2 labels a class"});
  expect_refusal({"--seeds", "0"}, 2, {"--seeds is 0"});
  expect_refusal({"--features", "grid"}, 2, {"--features is grid", "grid:N"});
  expect_refusal({"--blocks", "3,1"}, 2, {"--blocks is 3,1"});
  expect_refusal({"--protocol", "lars"}, 2, {"--protocol is lars"});
  expect_refusal({"--protocol", "mae"}, 2, {"evaluate linear"}, "knn");
  expect_refusal({"--epochs", "3"}, 2, {"--epochs"}, "knn");
  expect_refusal({"--epochs", "0.5"}, 2, {"--epochs is 0.5", "whole number"});
  expect_refusal({"--batch", "16"}, 2, {"--protocol mae"});
  fs::create_directories(shop_.folder / "full");
  write_file(shop_.folder / "full/x", "");
  expect_refusal({"--out", shop_.folder / "full"}, 2, {"not empty"});
  const std::string model = run();
  EXPECT_THAT(evaluate("knn", model, {"--features", "grid:5"}).err, HasSubstr("4x4 patches"));
  EXPECT_EQ(evaluate("knn", model, {"--blocks", "2"}).exit_code, 2);
}

TEST_F(Evaluation, EmbedWritesTokensAndGrids) {
  const std::string model = run();
  const auto embed = [&](const std::string& kind, const std::string& out) {
    return dbot({"embed", "--model", model, "--data", shop_.data, "--features", kind, "--out",
                 shop_.folder / out, "--json"});
  };
  const Result tokens = embed("tokens", "tokens.safetensors");
  ASSERT_EQ(tokens.exit_code, 0) << tokens.err;
  const Json shapes = Json::parse(tokens.out)["features"];
  EXPECT_EQ(shapes["tokens"], Json::parse("[64,16,16]"));
  EXPECT_EQ(shapes["mean"], Json::parse("[64,16]"));
  EXPECT_EQ(Json::parse(embed("grid:3", "grid.safetensors").out)["features"]["grid:3"],
            Json::parse("[64,144]"));
  ASSERT_EQ(embed("grid:2", "grid.csv").exit_code, 0);
  const std::string table = read_file(shop_.folder / "grid.csv");
  EXPECT_THAT(table.substr(0, table.find('\n')), testing::EndsWith(",f63"));
  EXPECT_EQ(embed("both", "x.safetensors").exit_code, 2);
}

}  // namespace
}  // namespace dbot::cli_test
