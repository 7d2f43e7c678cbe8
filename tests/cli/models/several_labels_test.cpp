// dbot evaluate thresholds and linear --multi-label, and a run that learns policies.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/program.h"

namespace dbot::cli_test {
namespace {

using testing::HasSubstr;

nlohmann::json figures_of(const Result& result) {
  const auto text = result.out.substr(0, result.out.find_last_not_of('\n') + 1);
  return nlohmann::json::parse(text.substr(text.rfind('\n') + 1));
}

/// Two labels whose scores are best cut at 0.3 and at 0.7.
std::string scores() {
  std::string table = "sample,part,labels,low,high\n";
  for (int i = 0; i < 40; ++i) {
    const bool low = i % 2 == 0, high = i % 3 == 0;
    table += std::to_string(i) + (i < 20 ? ",dev," : ",test,") + (low ? "low" : "") +
             (low && high ? "|" : "") + (high ? "high" : "") + "," +
             std::to_string(low ? 0.4 : 0.2) + "," + std::to_string(high ? 0.8 : 0.6) + "\n";
  }
  return table;
}

TEST(Thresholds, OfSomebodysScoresAreComparedAndKept) {
  const TemporaryFolder folder;
  write_file(folder / "scores.csv", scores());
  const Result result = dbot({"evaluate", "thresholds", "--scores", folder / "scores.csv",
                              "--policy", "tuned", "--out", folder / "kept", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = figures_of(result);
  EXPECT_EQ(json["labels"], 2);
  EXPECT_EQ(json["test_samples"], 20);
  ASSERT_EQ(json["policies"].size(), 4U);
  EXPECT_LT(json["policies"][0]["micro_f1"], 0.7) << "0.5";
  EXPECT_EQ(json["policies"][2]["policy"], "tuned");
  EXPECT_EQ(json["policies"][2]["micro_f1"], 1);
  EXPECT_EQ(json["policies"][3]["micro_f1"], 1) << "learned";
  const auto kept = nlohmann::json::parse(read_file(folder / "kept/thresholds.json"));
  EXPECT_EQ(kept["policy"], "tuned");
  EXPECT_EQ(kept["thresholds"][0]["label"], "low");
  EXPECT_NEAR(kept["thresholds"][0]["threshold"].get<double>(), 0.3, 1e-6);
}

TEST(Thresholds, RefuseWhatDoesNotFit) {
  const TemporaryFolder folder;
  write_file(folder / "scores.csv", "labels,a\na,1.5\n");
  const Result bad = dbot({"evaluate", "thresholds", "--scores", folder / "scores.csv"});
  EXPECT_EQ(bad.exit_code, 3);
  EXPECT_THAT(bad.err, HasSubstr("scores.csv:2: the score of a is \"1.5\""));
  EXPECT_EQ(dbot({"evaluate", "thresholds"}).exit_code, 2);
  EXPECT_EQ(dbot({"evaluate", "thresholds", "--scores", folder / "none"}).exit_code, 3);
  const Result option =
      dbot({"evaluate", "thresholds", "--scores", folder / "scores.csv", "--data", "x"});
  EXPECT_EQ(option.exit_code, 2);
  EXPECT_THAT(option.err, HasSubstr("--data is not for thresholds"));
  EXPECT_THAT(dbot({"evaluate", "linear", "--model", "pixels"}).err, HasSubstr("--data"));
  EXPECT_EQ(dbot({"evaluate", "knn", "--model", "x", "--data", "y", "--multi-label"}).exit_code, 2);
}

/// A hundred texts that say their labels.
void write_texts(const TemporaryFolder& folder) {
  write_file(folder / "labels.txt", "even\nthird\n");
  for (const char* part : {"train.tsv", "test.tsv"}) {
    std::string table;
    for (int i = 0; i < 100; ++i) {
      const bool even = i % 2 == 0, third = i % 3 == 0;
      table += std::string(even ? "even " : "") + (third ? "third " : "") + "word" + "\t" +
               (even ? "0" : "") + (even && third ? "," : "") + (third ? "1" : "") + "\n";
    }
    write_file(folder / part, table);
  }
}

TEST(Policies, AreLearnedByARunLikeAnyOther) {
  const TemporaryFolder folder;
  write_texts(folder);
  const Result result =
      dbot({"pretrain", "meta/reuters", "--data", folder.path().string(), "--out", folder / "run",
            "--set", "episode.steps=4", "--set", "train.batch_size=40", "--set",
            "stages.epochs=[3, 2]", "--set", "classifier.lr=0.3", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = figures_of(result);
  const auto& last = json["evaluations"].back()["results"];
  ASSERT_EQ(last.size(), 4U);
  EXPECT_EQ(last[0]["features"], "fixed");
  EXPECT_GT(last[2]["figures"]["micro_f1"], 0.9) << "tuned";
  const auto kept = nlohmann::json::parse(read_file(folder / "run/thresholds.json"));
  EXPECT_EQ(kept["policy"], "learned");
  EXPECT_EQ(kept["thresholds"].size(), 2U);
  EXPECT_THAT(read_file(folder / "run/report.html"), HasSubstr("Frequency and threshold"));
  const Result again =
      dbot({"pretrain", "meta/reuters", "--data", folder.path().string(), "--out", folder / "run",
            "--set", "episode.steps=4", "--set", "train.batch_size=40", "--set",
            "stages.epochs=[3, 2]", "--set", "classifier.lr=0.3", "--resume", "--json"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(read_file(folder / "run/model.safetensors"), HasSubstr("term_weights"))
      << "without them nobody could apply it to other texts";
}

TEST(Policies, AreNotValidatedAndSaySo) {
  const TemporaryFolder folder;
  write_texts(folder);
  const Result result = dbot({"pretrain", "meta/reuters", "--data", folder.path().string(), "--out",
                              folder / "run", "--set", "episode.steps=4", "--set",
                              "train.batch_size=40", "--set", "validation.every_epochs=1"});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, HasSubstr("validation.every_epochs"));
  EXPECT_THAT(result.err, HasSubstr("evaluate.every_epochs"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "run"));
}

}  // namespace
}  // namespace dbot::cli_test
