// dbot evaluate finetune: a run like any other, of a backbone that a run made.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Finetune : public testing::Test {
 protected:
  void SetUp() override {
    const Result run = shop_.pretrain("backbone", {"--steps", "2"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
  }

  std::vector<std::string> command(const std::string& out,
                                   const std::vector<std::string>& more = {},
                                   const std::string& epochs = "4") const {
    std::vector<std::string> words{"evaluate", "finetune", "--model", shop_.folder / "backbone"};
    for (const auto& [option, value] :
         std::vector<std::pair<std::string, std::string>>{{"--data", shop_.data},
                                                          {"--out", shop_.folder / out},
                                                          {"--threads", "1"},
                                                          {"--precision", "fp32"},
                                                          {"--epochs", epochs},
                                                          {"--set", "train.batch_size=8"},
                                                          {"--set", "data.flip=0"},
                                                          {"--set", "optimizer.base_lr=0.03"}}) {
      words.insert(words.end(), {option, value});
    }
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }

  /// Refused with this exit code and these words, and nothing is written.
  void expect_refused(const std::vector<std::string>& words, int exit_code,
                      const std::string& part) const {
    const Result result = dbot(words);
    EXPECT_EQ(result.exit_code, exit_code) << result.err;
    EXPECT_THAT(result.err, HasSubstr(part));
    EXPECT_FALSE(fs::exists(shop_.folder / "refused")) << part;
  }

  Workshop shop_;
};

TEST_F(Finetune, LearnsTheClassesAndLeavesWhatItSaysOfTheTestImages) {
  const Result result = dbot(command("run", {"--json"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["evaluations"].back()["results"][0]["protocol"], "classifier");
  EXPECT_GE(json["top1"], 90) << "the classes of this set are as unlike as can be";
  const fs::path run = shop_.folder.path() / "run";
  const auto test = nlohmann::json::parse(read_file(run / "test.json"));
  EXPECT_EQ(test["samples"], 32);
  EXPECT_EQ(test["top1"], json["top1"]);
  EXPECT_EQ(test["confusion"].size(), 2u);
  const std::string predictions = read_file(run / "predictions.csv");
  EXPECT_EQ(std::ranges::count(predictions, '\n'), 33);
  EXPECT_THAT(read_file(run / "recipe.toml"),
              AllOf(HasSubstr("kind = \"classification\""), HasSubstr("width = 16")));
  EXPECT_THAT(read_file(run / "report.html"),
              AllOf(HasSubstr("classifier"), HasSubstr("\"kind\":\"confusion\""),
                    HasSubstr("start weights")));
}

TEST_F(Finetune, GoesOnToTheSameBits) {
  ASSERT_EQ(dbot(command("whole")).exit_code, 0);
  // Cut short after a checkpoint, as if it had been killed, then gone on with.
  ASSERT_EQ(dbot(command("cut")).exit_code, 0);
  const fs::path cut = shop_.folder.path() / "cut";
  fs::path newest;
  for (const auto& entry : fs::directory_iterator(cut / "checkpoints")) {
    if (!entry.is_symlink() && entry.path() > newest) newest = entry.path();
  }
  fs::remove_all(newest);
  fs::remove(cut / "checkpoints/latest");
  fs::remove(cut / "model.safetensors");
  const Result resumed = dbot({"resume", cut});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_TRUE(shop_.model("cut") == shop_.model("whole"));
}

TEST_F(Finetune, FromScratchAndOfFewLabelsDiffer) {
  ASSERT_EQ(dbot(command("start", {}, "0")).exit_code, 0);
  ASSERT_EQ(dbot(command("scratch", {"--from-scratch"}, "0")).exit_code, 0);
  EXPECT_FALSE(shop_.model("start") == shop_.model("scratch"));
  const Result few = dbot(command("few", {"--labels", "4-per-class"}));
  ASSERT_EQ(few.exit_code, 0) << few.err;
  const auto facts = nlohmann::json::parse(read_file(shop_.folder.path() / "few/run.json"));
  EXPECT_EQ(facts["data"]["images"], 8);
  const std::string learned = read_file(shop_.folder.path() / "few/labels.txt");
  EXPECT_EQ(std::ranges::count(learned, '\n'), 8) << learned;
  EXPECT_FALSE(fs::exists(shop_.folder.path() / "start/labels.txt")) << "it learns all labels";
}

TEST_F(Finetune, TrainingImagesThatAreHeldOutEndAStageAndChooseItsWeights) {
  const std::vector<std::string> judged{"--set", "validation.every_epochs=1",
                                        "--set", "labels.held_out=0.25",
                                        "--set", "train.keep_best=true"};
  const auto with = [](std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  // Of 16 images top-1 has 17 values: it cannot rise 20 times.
  const Result result =
      dbot(command("run", with(judged, {"--set", "train.patience=1", "--json"}), "20"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("16 of 64 labelled training images are held out"));
  const fs::path run = shop_.folder.path() / "run";
  EXPECT_EQ(nlohmann::json::parse(read_file(run / "run.json"))["data"]["images"], 48);
  EXPECT_EQ(nlohmann::json::parse(read_file(run / "test.json"))["samples"], 32);
  EXPECT_LT(nlohmann::json::parse(result.out)["steps"], 20 * 6);
  EXPECT_THAT(read_file(run / "metrics.jsonl"),
              AllOf(HasSubstr("\"figures\":{\"top1\":"), HasSubstr("\"samples\":16"),
                    HasSubstr("\"ends_stage\":true"), Not(HasSubstr("\"figures\":{\"loss\""))));

  const std::vector<std::string> few{"--labels", "4-per-class", "--set", "train.batch_size=2"};
  const Result of_few = dbot(command("few", with(judged, few), "1"));
  ASSERT_EQ(of_few.exit_code, 0) << of_few.err;
  const auto facts = nlohmann::json::parse(read_file(shop_.folder.path() / "few/run.json"));
  EXPECT_EQ(facts["data"]["images"], 6) << "three of four labels a class";

  const std::vector<std::string> one{"--labels", "1-per-class", "--set", "train.batch_size=2"};
  expect_refused(command("refused", with(judged, one)), 2, "train.keep_best needs held-out images");
  expect_refused(command("refused", {"--set", "train.keep_best=true"}), 2,
                 "validation.every_epochs is 0");
}

TEST_F(Finetune, TheClassifierGoesOutWithItsHead) {
  ASSERT_EQ(dbot(command("run", {}, "1")).exit_code, 0);
  for (const auto& [format, out] : std::vector<std::pair<std::string, std::string>>{
           {"timm", "t.safetensors"}, {"huggingface", "hf"}, {"onnx", "c.onnx"}}) {
    const Result result = dbot({"export", shop_.folder / "run", "--format", format, "--out",
                                shop_.folder / out, "--json"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("logits"));
  }
  // It is a backbone as well.
  EXPECT_EQ(
      dbot({"evaluate", "knn", "--model", shop_.folder / "run", "--data", shop_.data}).exit_code,
      0);
}

TEST_F(Finetune, WhatCannotBeLearnedIsRefusedBeforeAnythingIsWritten) {
  const auto with_data = [&](const std::string& data) {
    std::vector<std::string> words = command("refused");
    words[5] = data;
    return words;
  };
  write_png_folder(shop_.folder.path() / "plain", 16);
  expect_refused(with_data(shop_.folder / "plain"), 3, "class");
  fs::create_directories(shop_.folder.path() / "one/train/a");
  fs::create_directories(shop_.folder.path() / "one/val/a");
  fs::create_directories(shop_.folder.path() / "two/train/a");
  fs::create_directories(shop_.folder.path() / "two/train/b");
  fs::create_directories(shop_.folder.path() / "two/val/c");
  for (int i = 0; i < 12; ++i) {
    const std::string name = std::to_string(i) + ".png";
    write_png(shop_.folder.path() / "one/train/a" / name, i, 0);
    write_png(shop_.folder.path() / "one/val/a" / name, i, 0);
    write_png(shop_.folder.path() / "two/train/a" / name, i, 0);
    write_png(shop_.folder.path() / "two/train/b" / name, i, 1);
    write_png(shop_.folder.path() / "two/val/c" / name, i, 1);
  }
  expect_refused(with_data(shop_.folder / "one"), 3, "class");
  expect_refused(with_data(shop_.folder / "two"), 3, "class c");
}

TEST_F(Finetune, WhatDoesNotFitIsRefusedBeforeAnythingIsWritten) {
  expect_refused(command("refused", {"--image-size", "7"}), 2, "patch_size");
  expect_refused(command("refused", {"--set", "model.width=32"}), 2, "set model.width = 16");
  expect_refused(command("refused", {"--features", "cls"}), 2, "--features");
  expect_refused(command("refused", {"--seeds", "2"}), 2, "--seeds");
  expect_refused(command("refused", {"--labels", "0-per-class"}), 2, "--labels");
  expect_refused(command("refused", {"--labels", "99-per-class"}), 3, "fewer than the 99");
  std::vector<std::string> other = command("refused");
  other[3] = "tests/golden/mae/layer_decay.json";
  expect_refused(other, 3, "layer_decay.json");
  other[3] = "pixels";
  expect_refused(other, 2, "pixels");
  EXPECT_EQ(dbot({"evaluate", "knn", "--model", shop_.folder / "backbone", "--data", shop_.data,
                  "--from-scratch"})
                .exit_code,
            2);
}

}  // namespace
}  // namespace dbot::cli_test
