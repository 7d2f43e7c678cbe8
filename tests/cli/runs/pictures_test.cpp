// Pictures of a run and dbot reconstruct.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

const std::vector<std::string> kWithPictures{"--set", "report.pictures=true"};

nlohmann::json pictures_of(const fs::path& folder) {
  return nlohmann::json::parse(read_file(folder / "pictures.json"));
}

TEST(Pictures, AreDrawnAtEachStageAndChangeNoWeights) {
  const Workshop shop;
  const Result with = shop.pretrain("with", kWithPictures);
  ASSERT_EQ(with.exit_code, 0) << with.err;
  ASSERT_EQ(shop.pretrain("without").exit_code, 0);
  EXPECT_EQ(shop.model("with"), shop.model("without"));
  EXPECT_FALSE(fs::exists(shop.folder.path() / "without" / "pictures"));
  const fs::path pictures = shop.folder.path() / "with" / "pictures";
  for (const char* name : {"untrained-network", "stage-1", "stage-2"}) {
    const auto set = pictures_of(pictures / name);
    EXPECT_EQ(set["groups"].size(), 3U) << name;
    EXPECT_EQ(set["map"]["points"].size(), 64U) << name;
    EXPECT_TRUE(set["health"]["held_out_loss"].is_number()) << name;
    for (const auto& picture : set["groups"][0]["pictures"]) {
      EXPECT_GT(fs::file_size(pictures / name / picture["file"].get<std::string>()), 50U);
    }
  }
}

TEST(Pictures, OfAResumedRunAreMadeAgain) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run", kWithPictures).exit_code, 0);
  const fs::path run = shop.folder.path() / "run";
  const std::string weights = shop.model("run");
  const std::string map = read_file(run / "pictures" / "stage-2" / "map.png");
  // Back to the end of the first stage, as after a kill.
  for (const auto& entry : fs::directory_iterator(run / "checkpoints")) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("step-") && name > "step-00000008") fs::remove_all(entry.path());
  }
  fs::remove_all(run / "pictures" / "stage-1");
  const Result again = shop.pretrain("run", {"--resume", kWithPictures[0], kWithPictures[1]});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(shop.model("run"), weights);
  EXPECT_EQ(pictures_of(run / "pictures" / "stage-1")["step"], 8);
  EXPECT_EQ(read_file(run / "pictures" / "stage-2" / "map.png"), map);
}

TEST(Pictures, ThatCannotBeWrittenDoNotEndTheRun) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run", {"--steps", "0"}).exit_code, 0);
  write_file(shop.folder.path() / "run" / "pictures", "in the way");
  const Result result =
      shop.pretrain("run", {"--resume", "--steps", "0", kWithPictures[0], kWithPictures[1]});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("no pictures of untrained network"));
}

TEST(Reconstruct, DrawsPixelsAndFeaturesFromARunOrACheckpoint) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("dbot").exit_code, 0);
  const Result mae = shop.pretrain(
      "mae", {"--set", "objective.target=pixels", "--set", "objective.normalisation=patch", "--set",
              "objective.loss=mse", "--set", "stages.count=1"});
  ASSERT_EQ(mae.exit_code, 0) << mae.err;
  const Result features = dbot({"reconstruct", "--model", shop.folder / "dbot", "--data", shop.data,
                                "--out", shop.folder / "features", "--images", "5", "--json"});
  ASSERT_EQ(features.exit_code, 0) << features.err;
  const auto figures = nlohmann::json::parse(features.out);
  EXPECT_EQ(figures["pictures"]["features"], 5);
  EXPECT_EQ(figures["stage"], 2);
  EXPECT_GT(figures["loss"].get<double>(), 0);
  EXPECT_EQ(pictures_of(shop.folder / "features")["groups"][0]["kind"], "features");
  const Result pixels = dbot({"reconstruct", "--model", shop.folder / "mae/checkpoints/latest",
                              "--data", shop.data, "--out", shop.folder / "pixels", "--seed", "3"});
  ASSERT_EQ(pixels.exit_code, 0) << pixels.err;
  const auto set = pictures_of(shop.folder / "pixels");
  EXPECT_EQ(set["groups"][0]["kind"], "reconstruction");
  EXPECT_EQ(set["groups"][0]["pictures"].size(), 16U);
  EXPECT_TRUE(fs::exists(shop.folder.path() / "pixels" / "reconstruction-16.png"));
  // Earlier pictures may be replaced; equal arguments give equal pictures.
  const std::string before = read_file(shop.folder.path() / "pixels" / "reconstruction-16.png");
  EXPECT_EQ(dbot({"reconstruct", "--model", shop.folder / "mae", "--data", shop.data, "--out",
                  shop.folder / "pixels", "--seed", "3"})
                .exit_code,
            0);
  EXPECT_EQ(read_file(shop.folder.path() / "pixels" / "reconstruction-16.png"), before);
}

TEST(Reconstruct, SaysWhatIsWrong) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run", {"--steps", "0"}).exit_code, 0);
  const auto reconstruct = [&](const std::string& model, std::vector<std::string> more = {}) {
    std::vector<std::string> words{"reconstruct", "--model", shop.folder / model,     "--data",
                                   shop.data,     "--out",   shop.folder / "pictures"};
    words.insert(words.end(), more.begin(), more.end());
    return dbot(words);
  };
  const Result weights = reconstruct("run/model.safetensors");
  EXPECT_EQ(weights.exit_code, 2);
  EXPECT_THAT(weights.err, AllOf(HasSubstr("decoder"), HasSubstr("RUN/checkpoints/latest")));
  EXPECT_EQ(reconstruct("nowhere").exit_code, 3);
  EXPECT_EQ(reconstruct("data").exit_code, 3);
  EXPECT_THAT(reconstruct("run", {"--images", "0"}).err, HasSubstr("1 to 256"));
  EXPECT_EQ(reconstruct("run", {"--images", "1000"}).exit_code, 2);
  EXPECT_EQ(reconstruct("run", {"--seed", "-1"}).exit_code, 2);
  EXPECT_FALSE(fs::exists(shop.folder.path() / "pictures"));
  const Result full = dbot(
      {"reconstruct", "--model", shop.folder / "run", "--data", shop.data, "--out", shop.data});
  EXPECT_EQ(full.exit_code, 2);
  EXPECT_THAT(full.err, HasSubstr("holds other files"));
}

TEST(Reconstruct, AskForTheRunOfAMovedCheckpoint) {
  const Workshop shop;
  ASSERT_EQ(shop.pretrain("run", {"--steps", "0"}).exit_code, 0);
  fs::create_directories(shop.folder.path() / "a/b");
  fs::copy(fs::canonical(shop.folder.path() / "run/checkpoints/latest"),
           shop.folder.path() / "a/b/alone", fs::copy_options::recursive);
  const Result result = dbot({"reconstruct", "--model", shop.folder / "a/b/alone", "--data",
                              shop.data, "--out", shop.folder / "pictures"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("recipe.toml"));
}

}  // namespace
}  // namespace dbot::cli_test
