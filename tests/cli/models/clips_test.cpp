// MAE-ST as people meet it: a folder of videos, broken ones among them, strips of clips, a run that
// goes on, refusals.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/program.h"
#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kClipRecipe = R"(
[method]
kind = "masked_clips"
[model]
image_size = 16
patch_size = 8
width = 16
depth = 1
heads = 2
tubelet = 2
[decoder]
width = 12
depth = 1
heads = 2
[clips]
frames = 4
stride = 1
target_fps = 0
repeats = 2
[mask]
ratio = 0.5
[train]
batch_size = 4
precision = "fp32"
threads = 1
[schedule]
epochs = 1
warmup_epochs = 0
[report]
samples = 16
[checkpoint]
every_steps = 1
)";

/// Videos, some of them broken; skipped where the module that reads them is not built.
class ClipsCli : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* part : {"train", "val"}) {
      for (int i = 0; i < 9; ++i) copy("small.mp4", std::string(part) + "/" + std::to_string(i));
    }
    const Result read =
        dbot({"data", "check", folder_ / "videos", "--videos", "--out", folder_ / "check"});
    if (read.exit_code != 0) GTEST_SKIP() << read.err;
    write_file(folder_ / "clips.toml", kClipRecipe);
  }

  void copy(const std::string& name, const std::string& to) const {
    const fs::path file = folder_.path() / "videos" / (to + fs::path(name).extension().string());
    fs::create_directories(file.parent_path());
    fs::copy(fs::path("tests/data/video/files") / name, file);
  }

  std::vector<std::string> words(const std::string& out,
                                 const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"pretrain", folder_ / "clips.toml",
                                 "--data",   folder_ / "videos",
                                 "--out",    folder_ / out,
                                 "--steps",  "3",
                                 "--set",    "validation.every_epochs=1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  TemporaryFolder folder_;
};

TEST_F(ClipsCli, ARunOnVideosShowsItsClipsAndGoesOnToTheSameBits) {
  const Result run = dbot(words("run"));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const fs::path folder = folder_.path() / "run";
  EXPECT_THAT(read_file(folder / "metrics.jsonl"), HasSubstr("\"validation\""));
  EXPECT_THAT(read_file(folder / "report.html"), HasSubstr("\"kind\":\"clips\""));

  const fs::path cut = folder_.path() / "cut";
  ASSERT_EQ(dbot(words("cut")).exit_code, 0);
  fs::remove_all(cut / "checkpoints/step-00000003");
  fs::remove(cut / "checkpoints/latest");
  fs::remove(cut / "model.safetensors");
  const Result resumed = dbot({"resume", cut});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(read_file(cut / "model.safetensors"), read_file(folder / "model.safetensors"));

  const Result drawn = dbot({"reconstruct", "--model", folder_ / "run", "--data",
                             folder_ / "videos/val", "--out", folder_ / "drawn", "--json"});
  ASSERT_EQ(drawn.exit_code, 0) << drawn.err;
  EXPECT_GT(nlohmann::json::parse(drawn.out)["pictures"]["clips"], 0);
}

TEST_F(ClipsCli, VideosInClassFoldersAreJudgedEmbeddedAndLearned) {
  for (const char* part : {"train", "val"}) {
    for (int i = 0; i < 4; ++i) {
      copy("small.mp4", std::string("../labelled/") + part + "/stand/" + std::to_string(i));
      copy("turned.mp4", std::string("../labelled/") + part + "/turn/" + std::to_string(i));
    }
  }
  auto begin = words("run", {"--set", "evaluate.neighbours=3"});
  begin[3] = folder_ / "labelled";
  const Result run = dbot(begin);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string metrics = read_file(folder_.path() / "run/metrics.jsonl");
  EXPECT_THAT(metrics, HasSubstr("\"features\":\"pixels\""));
  EXPECT_THAT(metrics, HasSubstr("\"features\":\"cls\""));

  const Result knn = dbot({"evaluate", "knn", "--model", folder_ / "run", "--data",
                           folder_ / "labelled", "--videos", "--neighbours", "1", "--json"});
  ASSERT_EQ(knn.exit_code, 0) << knn.err;
  // The same few videos to learn from and to test on.
  EXPECT_EQ(nlohmann::json::parse(knn.out)["results"][0]["top1"], 100) << knn.out;
  const Result pixels = dbot({"evaluate", "knn", "--model", "pixels", "--data",
                              folder_ / "labelled", "--videos", "--json"});
  EXPECT_EQ(pixels.exit_code, 0) << pixels.err;
  const Result images =
      dbot({"evaluate", "knn", "--model", folder_ / "run", "--data", folder_ / "labelled"});
  EXPECT_EQ(images.exit_code, 3) << images.err;
  EXPECT_THAT(images.err, HasSubstr("video"));
  const Result embedded =
      dbot({"embed", "--model", folder_ / "run", "--data", folder_ / "labelled", "--videos",
            "--split", "all", "--out", folder_ / "features.safetensors", "--json"});
  ASSERT_EQ(embedded.exit_code, 0) << embedded.err;
  EXPECT_EQ(nlohmann::json::parse(embedded.out)["videos"], 16);

  const std::vector<std::string> tune{"evaluate", "finetune",
                                      "--model",  folder_ / "run",
                                      "--data",   folder_ / "labelled",
                                      "--epochs", "2",
                                      "--set",    "train.batch_size=4",
                                      "--set",    "data.random_augment=2",
                                      "--set",    "data.erase=0.5",
                                      "--set",    "train.threads=1",
                                      "--set",    "train.precision=fp32"};
  auto whole = tune;
  whole.insert(whole.end(), {"--out", folder_ / "tuned", "--json"});
  const Result tuned = dbot(whole);
  ASSERT_EQ(tuned.exit_code, 0) << tuned.err;
  const auto test = nlohmann::json::parse(read_file(folder_.path() / "tuned/test.json"));
  EXPECT_EQ(test["samples"], 8);
  const fs::path cut = folder_.path() / "tuned-cut";
  auto stopped = tune;
  stopped.insert(stopped.end(), {"--out", cut});
  ASSERT_EQ(dbot(stopped).exit_code, 0);
  fs::remove_all(cut / "checkpoints/step-00000004");
  fs::remove(cut / "checkpoints/latest");
  fs::remove(cut / "model.safetensors");
  const Result resumed = dbot({"resume", cut});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(read_file(cut / "model.safetensors"),
            read_file(folder_.path() / "tuned/model.safetensors"));
}

TEST_F(ClipsCli, ANetworkOfImagesReadsNoVideos) {
  const Workshop workshop;
  ASSERT_EQ(workshop.pretrain("images").exit_code, 0);
  const Result refused = dbot({"embed", "--model", workshop.folder / "images", "--data",
                               folder_ / "videos", "--videos", "--out", folder_ / "f.csv"});
  EXPECT_EQ(refused.exit_code, 2) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("reads images and no clips"));
}

TEST_F(ClipsCli, BrokenVideosAreReplacedAndNamed) {
  copy("none.mp4", "train/broken");
  const Result run = dbot(words("run", {"--set", "data.max_bad_fraction=0.5"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(read_file(folder_.path() / "run/bad_files.txt"), HasSubstr("broken.mp4"));
}

TEST_F(ClipsCli, RefusesWhatHasNoVideos) {
  write_png_folder(folder_ / "photos", 8);
  auto photos = words("refused");
  photos[3] = folder_ / "photos";
  const Result images = dbot(photos);
  EXPECT_EQ(images.exit_code, 3) << images.err;
  EXPECT_THAT(images.err, HasSubstr("photos"));
  const Result frames = dbot(words("refused", {"--set", "clips.frames=5"}));
  EXPECT_EQ(frames.exit_code, 2) << frames.err;
  EXPECT_FALSE(fs::exists(folder_ / "refused"));
}

}  // namespace
}  // namespace dbot::cli_test
