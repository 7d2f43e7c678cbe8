// M3AE as people meet it: captions beside their images, a vocabulary of their own, both sides of a
// pair filled in, a run that goes on, refusals.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/program.h"
#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPairRecipe = R"(
[method]
kind = "image_text"
[model]
image_size = 8
patch_size = 2
width = 16
depth = 1
heads = 2
[decoder]
width = 12
depth = 1
heads = 2
[text]
length = 6
vocabulary_size = 60
[train]
batch_size = 8
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

class CaptionsCli : public testing::Test {
 protected:
  void SetUp() override {
    write_file(folder_ / "m3ae.toml", kPairRecipe);
    for (const char* part : {"train", "val"}) {
      const fs::path images = folder_.path() / "photos" / part;
      write_png_folder(images, 24);
      for (int i = 0; i < 20; ++i) {  // four have no caption
        write_file(images / (std::to_string(100 + i) + ".txt"),
                   i % 2 == 0 ? "a red dog runs\na dog" : "the blue house");
      }
    }
  }

  std::vector<std::string> words(const std::string& out,
                                 const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"pretrain", folder_ / "m3ae.toml", "--data",  folder_ / "photos",
                                 "--out",    folder_ / out,         "--steps", "3"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  void expect_refused(const std::vector<std::string>& command, int exit_code,
                      const testing::Matcher<std::string>& says) const {
    const Result result = dbot(command);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(result.err, says);
    EXPECT_FALSE(fs::exists(folder_ / "refused"));
  }

  TemporaryFolder folder_;
};

TEST_F(CaptionsCli, ARunLearnsItsVocabularyShowsBothSidesAndGoesOnToTheSameBits) {
  const Result run = dbot(words("run", {"--set", "validation.every_epochs=1"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.err, AllOf(HasSubstr("learned from"), HasSubstr("images have no caption")));
  const fs::path folder = folder_.path() / "run";
  EXPECT_THAT(read_file(folder / "vocab.txt"), AllOf(HasSubstr("[PAD]\n"), HasSubstr("\ndog\n")));
  EXPECT_THAT(read_file(folder / "metrics.jsonl"),
              AllOf(HasSubstr("text_loss"), HasSubstr("image_loss"), HasSubstr("validation")));
  EXPECT_THAT(read_file(folder / "report.html"),
              AllOf(HasSubstr("\"kind\":\"captions\""), HasSubstr("captions_from_images"),
                    HasSubstr("images_from_captions")));

  const fs::path cut = folder_.path() / "cut";
  ASSERT_EQ(dbot(words("cut", {"--set", "validation.every_epochs=1"})).exit_code, 0);
  fs::remove_all(cut / "checkpoints/step-00000003");
  fs::remove(cut / "checkpoints/latest");
  fs::remove(cut / "model.safetensors");
  const Result resumed = dbot({"resume", cut});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(read_file(cut / "model.safetensors"), read_file(folder / "model.safetensors"));

  // Another caption is another data set.
  fs::remove_all(cut / "checkpoints/step-00000003");
  fs::remove(cut / "checkpoints/latest");
  write_file(folder_ / "photos/train/101.txt", "the house blue");
  const Result changed = dbot({"resume", cut});
  EXPECT_EQ(changed.exit_code, 3) << changed.err;
  EXPECT_THAT(changed.err, HasSubstr("the texts are not those the run was begun with"));
}

TEST_F(CaptionsCli, ReconstructFillsInEitherSide) {
  ASSERT_EQ(dbot(words("run")).exit_code, 0);
  const auto reconstruct = [&](const std::string& data, const std::vector<std::string>& more) {
    std::vector<std::string> all{"reconstruct", "--model", folder_ / "run",   "--data",
                                 data,          "--out",   folder_ / "drawn", "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return dbot(all);
  };
  const Result own = reconstruct(folder_ / "photos/val", {});
  ASSERT_EQ(own.exit_code, 0) << own.err;
  const auto pictures = nlohmann::json::parse(own.out)["pictures"];
  EXPECT_GT(pictures["captions_from_images"], 0);
  EXPECT_EQ(pictures["images_from_captions"], pictures["captions_from_images"]);

  write_file(folder_ / "captions.csv", "image,caption\n100.png,a red dog\n101.png,the house\n");
  const Result file = reconstruct(folder_ / "photos/val", {"--captions", folder_ / "captions.csv"});
  ASSERT_EQ(file.exit_code, 0) << file.err;

  write_png_folder(folder_ / "bare", 4);
  const Result bare = reconstruct(folder_ / "bare", {});
  ASSERT_EQ(bare.exit_code, 0) << bare.err;
  EXPECT_THAT(bare.err, HasSubstr("shown without captions"));
  EXPECT_FALSE(nlohmann::json::parse(bare.out)["pictures"].contains("captions"));
  EXPECT_EQ(reconstruct(folder_ / "bare", {"--captions", "beside"}).exit_code, 3);
}

TEST_F(CaptionsCli, TheBackboneSeesImagesAlone) {
  ASSERT_EQ(dbot(words("run")).exit_code, 0);
  const Result embedded = dbot({"embed", "--model", folder_ / "run", "--data",
                                folder_ / "photos/val", "--out", folder_ / "features.safetensors"});
  EXPECT_EQ(embedded.exit_code, 0) << embedded.err;
}

TEST_F(CaptionsCli, ImagesAloneNeedNoCaptions) {
  write_png_folder(folder_ / "bare/train", 24);
  write_png_folder(folder_ / "bare/val", 8);
  const auto alone = [&](const std::string& out) {
    auto all = words(
        out, {"--set", "objective.text_weight=0", "--set", "validation.every_epochs=1", "--json"});
    all[3] = folder_ / "bare";
    return dbot(all);
  };
  const Result run = alone("run");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const fs::path folder = folder_.path() / "run";
  EXPECT_FALSE(fs::exists(folder / "vocab.txt"));
  EXPECT_THAT(read_file(folder / "metrics.jsonl"),
              AllOf(HasSubstr("image_loss"), Not(HasSubstr("text_loss"))));
  EXPECT_THAT(read_file(folder / "report.html"), Not(HasSubstr("captions_from_images")));
  const Result drawn = dbot({"reconstruct", "--model", folder, "--data", folder_ / "bare/val",
                             "--out", folder_ / "drawn", "--json"});
  ASSERT_EQ(drawn.exit_code, 0) << drawn.err;

  ASSERT_EQ(alone("cut").exit_code, 0);
  const fs::path cut = folder_.path() / "cut";
  fs::remove_all(cut / "checkpoints/step-00000003");
  fs::remove(cut / "checkpoints/latest");
  fs::remove(cut / "model.safetensors");
  const Result resumed = dbot({"resume", cut});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(read_file(cut / "model.safetensors"), read_file(folder / "model.safetensors"));
}

TEST_F(CaptionsCli, TheBackboneIsJudgedAndFineTunedOnClassFolders) {
  for (const char* part : {"train", "test"}) {
    for (int i = 0; i < 32; ++i) {
      const fs::path one = folder_.path() / "labelled" / part / (i % 2 == 0 ? "dark" : "light");
      fs::create_directories(one);
      write_png(one / (std::to_string(i) + ".png"), i, i % 2);
    }
  }
  ASSERT_EQ(dbot(words("run")).exit_code, 0);
  for (const char* protocol : {"knn", "linear"}) {
    const Result judged = dbot({"evaluate", protocol, "--model", folder_ / "run", "--data",
                                folder_ / "labelled", "--out", folder_ / protocol, "--json"});
    ASSERT_EQ(judged.exit_code, 0) << judged.err;
    EXPECT_GE(nlohmann::json::parse(judged.out)["results"][0]["top1"], 50) << protocol;
  }
  const Result tuned =
      dbot({"evaluate", "finetune", "--model", folder_ / "run", "--data", folder_ / "labelled",
            "--out", folder_ / "tuned", "--epochs", "4", "--threads", "1", "--precision", "fp32",
            "--set", "train.batch_size=8", "--set", "optimizer.base_lr=0.03", "--json"});
  ASSERT_EQ(tuned.exit_code, 0) << tuned.err;
  EXPECT_GE(nlohmann::json::parse(tuned.out)["top1"], 90) << "the classes are as unlike as can be";
  EXPECT_THAT(read_file(folder_.path() / "tuned/recipe.toml"), HasSubstr("gelu = \"tanh\""));
  const Result exported = dbot({"export", folder_ / "tuned", "--format", "timm", "--out",
                                folder_ / "tuned.safetensors", "--json"});
  ASSERT_EQ(exported.exit_code, 0) << exported.err;
  EXPECT_THAT(exported.out, HasSubstr("act_layer"));
  const Result refused = dbot(
      {"export", folder_ / "tuned", "--format", "mae", "--out", folder_ / "mae.pth", "--json"});
  EXPECT_EQ(refused.exit_code, 2) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("GELU"));
}

TEST_F(CaptionsCli, TextsWithoutImagesAreLearnedBeside) {
  write_file(folder_ / "texts.txt", "a house\nthe dog runs\n");
  const Result run = dbot(
      words("run", {"--set", "objective.unpaired_weight=0.5", "--set", "text.unpaired_length=5",
                    "--set", "text.unpaired=" + (folder_ / "texts.txt")}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(read_file(folder_.path() / "run/metrics.jsonl"), HasSubstr("unpaired_loss"));
}

TEST_F(CaptionsCli, RefusesWhatDoesNotFitBeforeARunIsBegun) {
  const auto with = [&](const std::string& assignment) {
    return words("refused", {"--set", assignment});
  };
  expect_refused(with("text.captions=" + (folder_ / "nothing.csv")), 3, HasSubstr("nothing.csv"));
  expect_refused(with("text.vocab=" + (folder_ / "nothing.txt")), 3, HasSubstr("nothing.txt"));
  write_file(folder_ / "broken.txt", "[PAD]\nhouse\n");
  expect_refused(with("text.vocab=" + (folder_ / "broken.txt")), 3, HasSubstr("[UNK]"));
  expect_refused(with("text.vocabulary_size=8"), 2, HasSubstr("characters"));
  expect_refused(with("objective.unpaired_weight=1"), 2, HasSubstr("text.unpaired is empty"));
  write_png_folder(folder_ / "bare", 24);
  auto bare = words("refused");
  bare[3] = folder_ / "bare";
  expect_refused(bare, 3, AllOf(HasSubstr("caption"), Not(HasSubstr("terminate"))));
}

}  // namespace
}  // namespace dbot::cli_test
