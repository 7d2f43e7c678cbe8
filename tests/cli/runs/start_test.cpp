// dbot start: from a folder to a run, with times so short that they fit a test.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// 64 pictures of 8×8 pixels.
struct Pictures {
  Pictures() : data(folder / "images") { write_png_folder(data, 64); }
  TemporaryFolder folder;
  std::string data;
};

TEST(Start, ADryRunPrintsARecipeAndBeginsNothing) {
  const Pictures pictures;
  const std::string out = pictures.folder / "run";
  const Result result = dbot({"start", pictures.data, "--minutes", "0.5", "--threads", "1",
                              "--seed", "7", "--out", out, "--dry-run"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* words : {"64 images", "image ", "network ", "stages ", "length ", "batch ",
                            "rate ", "forecast: ", "dbot pretrain recipe.toml"}) {
    EXPECT_THAT(result.err, HasSubstr(words));
  }
  EXPECT_THAT(result.out, HasSubstr("seed = 7"));
  EXPECT_THAT(result.out, HasSubstr("# large crops"));
  EXPECT_FALSE(fs::exists(out));
  const std::string recipe = pictures.folder / "recipe.toml";
  write_file(recipe, result.out);
  const Result trained = dbot({"pretrain", recipe, "--data", pictures.data, "--out", out, "--steps",
                               "2", "--set", "report.pictures=false"});
  EXPECT_EQ(trained.exit_code, 0) << trained.err;
}

TEST(Start, TrainsAndItsRecipeIsTheSameRun) {
  const Pictures pictures;
  const std::string out = pictures.folder / "run";
  const Result result = dbot({"start", pictures.data, "--minutes", "0.2", "--threads", "1", "--set",
                              "train.precision=fp32", "--out", out});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("the forecast was"));
  EXPECT_THAT(result.err, HasSubstr("dbot embed --model"));
  EXPECT_THAT(result.out, HasSubstr("report.html"));
  const std::string recipe = out + "/recipe.toml";
  EXPECT_THAT(read_file(recipe), HasSubstr("# Chosen for 64 images"));
  const Result again =
      dbot({"pretrain", recipe, "--data", pictures.data, "--out", pictures.folder / "again"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(read_file(out + "/model.safetensors") ==
              read_file(pictures.folder / "again/model.safetensors"));
  // A finished run ends at once, and keeps the reasons.
  EXPECT_EQ(dbot({"resume", out}).exit_code, 0);
  EXPECT_THAT(read_file(recipe), HasSubstr("# Chosen for 64 images"));
}

TEST(Start, IsTheRecipeAutoOfPretrain) {
  const Pictures pictures;
  const Result result = dbot({"pretrain", "auto", "--data", pictures.data, "--minutes", "0.5",
                              "--threads", "1", "--dry-run", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  for (const char* key : {"recipe", "choices", "data", "stages", "images_seen", "forecast"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  EXPECT_EQ(json["data"]["images"], 64);
  EXPECT_GT(json["forecast"]["memory_bytes"].get<double>(), 5e7);
  EXPECT_NEAR(
      json["forecast"]["seconds"].get<double>() + json["forecast"]["looking_seconds"].get<double>(),
      30, 3);
  const Result refused =
      dbot({"pretrain", "dbot/quick", "--data", pictures.data, "--minutes", "1"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--minutes"));
  const Result steps =
      dbot({"pretrain", "auto", "--data", pictures.data, "--steps", "3", "--dry-run"});
  EXPECT_EQ(steps.exit_code, 2);
  EXPECT_THAT(steps.err, HasSubstr("--steps"));
}

void expect_refused(const Result& result, int code, const std::string& words) {
  EXPECT_EQ(result.exit_code, code) << result.err;
  EXPECT_THAT(result.err, HasSubstr(words));
  EXPECT_THAT(result.err, Not(HasSubstr("terminate")));
}

TEST(Start, RefusesTimesThatCannotBe) {
  const Pictures pictures;
  const auto with = [&](const char* option, const char* time) {
    return dbot({"start", pictures.data, option, time, "--out", pictures.folder / "run"});
  };
  expect_refused(with("--hours", "10000"), 2, "year");
  expect_refused(with("--minutes", "0"), 2, "--minutes");
  expect_refused(with("--minutes", "-3"), 2, "--minutes");
  expect_refused(with("--hours", "nan"), 2, "--hours");
  expect_refused(with("--minutes", "soon"), 2, "--minutes");
  EXPECT_FALSE(fs::exists(pictures.folder / "run"));
}

TEST(Start, RefusesDataThatNothingIsLearnedFrom) {
  const TemporaryFolder folder;
  const std::string run = folder / "run";
  const auto starting = [&](const std::string& data) {
    return dbot({"start", data, "--minutes", "0.5", "--threads", "1", "--out", run});
  };
  expect_refused(starting(folder / "nowhere"), 3, "nowhere");
  write_png_folder(folder / "ten", 10);
  expect_refused(starting(folder / "ten"), 3, "10 images");
  write_png_folder(folder / "one", 1);
  expect_refused(starting(folder / "one"), 3, "1 image,");
  fs::create_directories(folder / "same");
  for (int i = 0; i < 40; ++i) {
    write_png(folder / ("same/" + std::to_string(i) + ".png"), 0, 0);
  }
  expect_refused(starting(folder / "same"), 3, "the same file");
  fs::create_directories(folder / "texts");
  for (int i = 0; i < 40; ++i) {
    write_file(folder / ("texts/" + std::to_string(i) + ".txt"), "no picture");
  }
  expect_refused(starting(folder / "texts"), 3, "texts");
  EXPECT_FALSE(fs::exists(run));
}

}  // namespace
}  // namespace dbot::cli_test
