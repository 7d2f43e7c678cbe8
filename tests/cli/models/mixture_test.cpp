// i-MAE as people meet it: a start from an MAE's run, mixtures taken apart, separability, refusals.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/cli/support/program.h"
#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kNetwork = R"(
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
[train]
batch_size = 8
precision = "fp32"
threads = 1
[evaluate]
at_stage_ends = false
[schedule]
epochs = 1
warmup_epochs = 0
[checkpoint]
every_steps = 1
)";

constexpr const char* kMae = R"(
[objective]
target = "pixels"
normalisation = "none"
loss = "mse"
[report]
pictures = false
)";

class MixtureCli : public testing::Test {
 protected:
  void SetUp() override {
    write_file(folder_ / "mae.toml", std::string(kNetwork) + kMae);
    write_file(folder_ / "imae.toml", std::string("[method]\nkind = \"mixture_separation\"\n") +
                                          kNetwork + "[report]\nsamples = 16\n");
    const Result mae = dbot(words("mae", "mae"));
    ASSERT_EQ(mae.exit_code, 0) << mae.err;
  }

  /// dbot pretrain RECIPE into folder/OUT, two steps long.
  std::vector<std::string> words(const std::string& recipe, const std::string& out,
                                 const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"pretrain", folder_ / (recipe + ".toml"),
                                 "--data",   shop_.data,
                                 "--out",    folder_ / out,
                                 "--steps",  "2"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  std::vector<std::string> imae(const std::string& out,
                                const std::vector<std::string>& more = {}) const {
    auto all = words("imae", out, {"--set", "start.path=" + (folder_ / "mae")});
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
  Workshop shop_;
};

TEST_F(MixtureCli, ARunFromAnMaeShowsItsMixturesAndGoesOnToTheSameBits) {
  const Result run = dbot(imae("run", {"--json"}));
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const std::string metrics = read_file(folder_.path() / "run/metrics.jsonl");
  EXPECT_THAT(metrics, AllOf(HasSubstr("reconstruction"), HasSubstr("distillation")));
  EXPECT_THAT(read_file(folder_.path() / "run/report.html"), HasSubstr("\"kind\":\"mixtures\""));
  // Cut short after a checkpoint, as if it had been killed, then gone on with.
  ASSERT_EQ(dbot(imae("cut")).exit_code, 0);
  const fs::path cut = folder_.path() / "cut";
  fs::remove_all(cut / "checkpoints/step-00000002");
  fs::remove(cut / "checkpoints/latest");
  fs::remove(cut / "model.safetensors");
  const Result resumed = dbot({"resume", cut});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(read_file(cut / "model.safetensors"),
            read_file(folder_.path() / "run/model.safetensors"));
}

TEST_F(MixtureCli, PartnersAreOfTheClassThatIsAskedFor) {
  // Labels and images of the IDX set are known; without labels the run says what it does.
  write_png_folder(folder_ / "photos", 16);
  auto unlabelled = imae("unlabelled");
  unlabelled[3] = folder_ / "photos";
  const Result result = dbot(unlabelled);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("partners are drawn from all of them"));
  const Result labelled = dbot(imae("labelled"));
  EXPECT_THAT(labelled.err, testing::Not(HasSubstr("partners are drawn from all of them")));
}

TEST_F(MixtureCli, ReconstructTakesAMixtureOfTwoFilesApart) {
  ASSERT_EQ(dbot(imae("run")).exit_code, 0);
  write_png(folder_.path() / "a.png", 1, 0);
  write_png(folder_.path() / "b.png", 2, 1);
  const std::vector<std::string> mix{
      "reconstruct",     "--model", folder_ / "run", "--mix",        folder_ / "a.png",
      folder_ / "b.png", "--lam",   "0.3",           "--mask-ratio", "0.5"};
  auto command = mix;
  command.insert(command.end(), {"--out", folder_ / "mixed", "--json"});
  const Result result = dbot(command);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["lam"], 0.3);
  EXPECT_EQ(json["images"].size(), 4u);
  for (const char* name :
       {"mixture.png", "masked.png", "subordinate.png", "dominant.png", "exhibits.json"}) {
    EXPECT_TRUE(fs::exists(folder_.path() / "mixed" / name)) << name;
  }
  // A folder of images gives the same strips, of the images' neighbours.
  const Result folder = dbot({"reconstruct", "--model", folder_ / "run", "--data", shop_.data,
                              "--out", folder_ / "drawn", "--json"});
  ASSERT_EQ(folder.exit_code, 0) << folder.err;
  EXPECT_EQ(nlohmann::json::parse(folder.out)["pictures"]["mixtures"], 8);

  const auto refused = [&](std::vector<std::string> words, int code, const char* says) {
    words.insert(words.end(), {"--out", folder_ / "refused"});
    expect_refused(words, code, HasSubstr(says));
  };
  auto other = mix;
  other[2] = folder_ / "mae";
  refused(other, 2, "takes no mixtures of two images apart");
  other = mix;
  other[7] = "1.5";
  refused(other, 2, "--lam is 1.5");
  other = mix;
  other[4] = folder_ / "nothing.png";
  refused(other, 3, "nothing.png");
  refused({"reconstruct", "--model", folder_ / "run"}, 2, "--mix");
  refused({"reconstruct", "--model", folder_ / "run", "--data", shop_.data, "--lam", "0.3"}, 2,
          "--lam and --mask-ratio are of --mix");
}

TEST_F(MixtureCli, SeparabilityIsMeasuredOfAnyMaeLikeEncoder) {
  const std::vector<std::string> words{
      "analyze",  "separability", "--model", folder_ / "mae", "--data",
      shop_.data, "--lam",        "0.1,0.5", "--threads",     "1"};
  auto json = words;
  json.emplace_back("--json");
  const Result result = dbot(json);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto figures = nlohmann::json::parse(result.out);
  EXPECT_EQ(figures["train_images"], 64);
  EXPECT_EQ(figures["test_images"], 32);
  ASSERT_EQ(figures["rows"].size(), 2u);
  for (const char* image : {"subordinate", "dominant"}) {
    const auto& row = figures["rows"][0][image];
    EXPECT_GT(row["nmse"], 0);
    EXPECT_NEAR(row["nmse"].get<double>() + row["r2"].get<double>(), 1, 1e-12);
  }
  EXPECT_LT(figures["rows"][0]["dominant"]["nmse"], figures["rows"][0]["subordinate"]["nmse"]);
  const auto with = [&](const std::vector<std::string>& more) {
    auto all = words;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const Result text = dbot(with({"--teacher", folder_ / "mae/model.safetensors", "--rho", "1"}));
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("dominant nmse"));
  auto wrong = words;
  wrong[7] = "0.7";
  expect_refused(wrong, 2, HasSubstr("0.7, expected above 0 and at most 0.5"));
  expect_refused(with({"--rho", "-1"}), 2, HasSubstr("--rho is -1"));
  expect_refused(with({"--mask-ratio", "1"}), 2, HasSubstr("share of masked patches"));
}

TEST_F(MixtureCli, BothImagesOfHeldOutMixturesAreMeasured) {
  ASSERT_EQ(dbot(imae("run")).exit_code, 0);
  const std::vector<std::string> words{"analyze",  "mixtures", "--model", folder_ / "run", "--data",
                                       shop_.data, "--lam",    "0.1,0.5", "--threads",     "1"};
  const auto with = [&](const std::vector<std::string>& more) {
    auto all = words;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const Result result = dbot(with({"--json"}));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto figures = nlohmann::json::parse(result.out);
  EXPECT_EQ(figures["test_images"], 32);
  ASSERT_EQ(figures["rows"].size(), 2u);
  const auto& first = figures["rows"][0];
  for (const char* image : {"subordinate", "dominant"}) {
    EXPECT_GT(first[image]["error"], 0);
    EXPECT_NEAR(first[image]["nmse"].get<double>() * first[image]["mean"].get<double>(),
                first[image]["error"].get<double>(), 1e-9);
  }
  // A tenth of the way from one image, nine tenths from the other: 0.9² and 0.1² of their distance.
  EXPECT_NEAR(first["subordinate"]["mixture"].get<double>(),
              81 * first["dominant"]["mixture"].get<double>(), 1e-4);
  const Result text = dbot(words);
  EXPECT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, HasSubstr("dominant nmse"));
  auto wrong = words;
  wrong[7] = "0.7";
  expect_refused(wrong, 2, HasSubstr("0.7, expected 0 to 0.5"));
  expect_refused(with({"--mask-ratio", "1"}), 2, HasSubstr("share of masked patches"));
  expect_refused(with({"--mask-ratio", "0"}), 2, HasSubstr("hides none"));
  wrong = words;
  wrong[3] = folder_ / "mae";
  expect_refused(wrong, 2, HasSubstr("takes no mixtures of two images apart"));
}

TEST_F(MixtureCli, WhatCannotBeStartedFromIsRefusedBeforeAnythingIsWritten) {
  const std::string encoder = folder_ / "mae/model.safetensors";
  expect_refused(words("imae", "refused", {"--set", "start.path=" + encoder}), 2,
                 AllOf(HasSubstr(encoder), HasSubstr("an encoder without a decoder")));
  expect_refused(imae("refused", {"--set", "model.width=32"}), 2,
                 HasSubstr("set model.width = 16"));
  expect_refused(imae("refused", {"--set", "decoder.width=16"}), 2,
                 HasSubstr("set decoder.width = 12"));
  expect_refused(words("imae", "refused"), 2, HasSubstr("start.path is empty"));
  expect_refused(words("imae", "refused", {"--set", "start.init=random"}), 2,
                 HasSubstr("objective.distillation needs a teacher"));
  expect_refused(imae("refused", {"--set", "objective.normalisation=token"}), 2,
                 HasSubstr("objective.normalisation is \"token\""));
  expect_refused(imae("refused", {"--set", "mask.ratio=0.99"}), 2, HasSubstr("mask.ratio is 0.99"));
  expect_refused(imae("refused", {"--set", "separation.layers=3"}), 2,
                 HasSubstr("separation.layers"));
  const Result dbot_run = shop_.pretrain("features", {"--steps", "2"});
  ASSERT_EQ(dbot_run.exit_code, 0) << dbot_run.err;
  expect_refused(words("imae", "refused", {"--set", "start.path=" + (shop_.folder / "features")}),
                 2, HasSubstr("predicts no pixels"));
}

TEST_F(MixtureCli, ItsNetworkGoesOutUnderItsOwnNamesAndComesBackAsAStart) {
  ASSERT_EQ(dbot(imae("run")).exit_code, 0);
  const Result out = dbot({"export", folder_ / "run", "--format", "mae", "--with-decoder", "--out",
                           folder_ / "imae.pth", "--json"});
  ASSERT_EQ(out.exit_code, 0) << out.err;
  EXPECT_EQ(dbot({"export", folder_ / "run", "--format", "huggingface-mae", "--with-decoder",
                  "--out", folder_ / "hf"})
                .exit_code,
            2);
  // It teaches nobody; the MAE does.
  expect_refused(words("imae", "refused", {"--set", "start.path=" + (folder_ / "imae.pth")}), 2,
                 HasSubstr("separates mixtures"));
  const Result again = dbot(
      words("imae", "again",
            {"--set", "start.path=" + (folder_ / "imae.pth"), "--set",
             "teacher.path=" + (folder_ / "mae"), "--set", "mixture.lam_scope=per_sample", "--set",
             "objective.distill_target=mixture", "--set", "objective.normalisation=patch"}));
  EXPECT_EQ(again.exit_code, 0) << again.err;
}

}  // namespace
}  // namespace dbot::cli_test
