// What is taken for the data set of a run, of an evaluation and of features: without dbot's own
// output and what a list leaves out, in its parts, with the labels that are wanted.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Forty pictures in two classes below train/ and valid/.
void write_parts(const fs::path& folder) {
  for (int i = 0; i < 40; ++i) {
    const fs::path place = folder / (i < 30 ? "train" : "valid") / (i % 2 == 0 ? "cat" : "dog");
    fs::create_directories(place);
    write_png(place / (std::to_string(i) + ".png"), i, i % 2);
  }
}

std::int64_t images_in(const std::string& folder) {
  const Result stats = dbot({"data", "stats", folder, "--json"});
  EXPECT_EQ(stats.exit_code, 0) << stats.err;
  return Json::parse(stats.out).at("images");
}

TEST(DataSet, ARunBesideItsImagesGoesOn) {
  const Workshop shop;
  const std::string photos = shop.folder / "photos";
  write_png_folder(photos, 40);
  const auto run = [&](const std::string& data, const std::vector<std::string>& more) {
    std::vector<std::string> words{"pretrain", shop.recipe,        "--data", data,
                                   "--out",    photos + "/runs/a", "--set",  "report.pictures=true",
                                   "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return dbot(words);
  };
  ASSERT_EQ(run(photos, {}).exit_code, 0);
  ASSERT_TRUE(fs::exists(photos + "/runs/a/pictures"));
  const Result again = run(photos + "/../photos", {"--resume"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("what dbot wrote is passed over: runs/a"));
  const Result pictures = dbot({"reconstruct", "--model", photos + "/runs/a", "--data", photos,
                                "--out", photos + "/drawn", "--images", "2"});
  EXPECT_EQ(pictures.exit_code, 0) << pictures.err;
  EXPECT_EQ(dbot({"data", "split", photos, photos + "/divided", "--links"}).exit_code, 0);
  EXPECT_EQ(dbot({"data", "pack", photos, photos + "/packed"}).exit_code, 0);
  EXPECT_EQ(dbot({"data", "check", photos, "--out", photos + "/check"}).exit_code, 0);
  EXPECT_EQ(images_in(photos), 40);
  EXPECT_EQ(images_in(photos + "/divided"), 40);
  EXPECT_EQ(images_in(photos + "/packed"), 40);
}

TEST(DataSet, PartsAndClassesAreTold) {
  const Workshop shop;
  write_parts(shop.folder / "set");
  const Result result = dbot({"pretrain", shop.recipe, "--data", shop.folder / "set", "--out",
                              shop.folder / "run", "--set", "evaluate.at_stage_ends=true"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("using train/; valid/ is left for evaluation"),
                                HasSubstr("2 classes by folder: cat, dog"),
                                // 8 images a step of 30
                                HasSubstr("an epoch has 3 steps"),
                                HasSubstr("train.batch_size=2 and train.accumulate=1 fits")));
  const Json facts = Json::parse(read_file(shop.folder / "run/run.json"));
  EXPECT_EQ(facts.at("data").at("class_names"), Json({"cat", "dog"}));
  EXPECT_EQ(facts.at("data").at("chance"), 50);
  const Result none =
      dbot({"pretrain", shop.recipe, "--data", shop.folder / "set", "--out", shop.folder / "none",
            "--labels", "none", "--json", "--set", "evaluate.at_stage_ends=true"});
  EXPECT_EQ(none.exit_code, 0) << none.err;
  EXPECT_TRUE(Json::parse(none.out).at("evaluations").empty());
  EXPECT_THAT(none.err, HasSubstr("no evaluation: evaluate.labels is none"));
}

/// A folder of noise beside one of index masks, 40 each, of 32 x 32 pixels.
void write_masks_beside_images(const fs::path& folder) {
  constexpr int kPixels = 32 * 32;
  fs::create_directories(folder / "images");
  fs::create_directories(folder / "annotations");
  std::uint32_t state = 1;
  for (int i = 0; i < 40; ++i) {
    std::string image = "P5\n32 32\n255\n", mask = image;
    for (int k = 0; k < kPixels; ++k) {
      state = state * 1664525U + 1013904223U;
      image += static_cast<char>(state >> 24U);
      mask += static_cast<char>(k / 128 % 3 + i % 2);
    }
    const std::string name = std::to_string(i) + ".pgm";
    write_file(folder / "images" / name, image);
    write_file(folder / "annotations" / name, mask);
  }
}

TEST(DataSet, MasksAmongClassesAreSaidWithoutEvaluations) {
  const Workshop shop;
  write_masks_beside_images(shop.folder / "seg");
  const auto run = [&](const std::string& name, const std::string& labels) {
    return dbot({"pretrain", shop.recipe, "--data", shop.folder / "seg", "--out",
                 shop.folder / name, "--steps", "2", "--set", "evaluate.at_stage_ends=false",
                 "--set", "evaluate.labels=" + labels});
  };
  const Result warned = run("warned", "");
  EXPECT_EQ(warned.exit_code, 0) << warned.err;
  EXPECT_THAT(warned.err, HasSubstr("annotations holds index masks"));
  EXPECT_THAT(run("meant", "folder").err, Not(HasSubstr("index masks")));
}

TEST(DataSet, AListHoldsForEvaluationsAndFeatures) {
  const Workshop shop;
  write_parts(shop.folder / "set");
  for (const char* name : {"train/cat/0.png", "train/dog/1.png", "valid/cat/30.png"}) {
    write_file(shop.folder / "set" + "/" + name, "broken");
  }
  const std::string list = shop.folder / "check/quarantine.txt";
  ASSERT_EQ(dbot({"data", "check", shop.folder / "set", "--out", shop.folder / "check"}).exit_code,
            3);
  const auto run = [&](const std::string& name, const std::string& leave_out) {
    return dbot({"pretrain", shop.recipe, "--data", shop.folder / "set", "--out",
                 shop.folder / name, "--set", "data.leave_out=" + leave_out, "--set",
                 "evaluate.at_stage_ends=true", "--set", "evaluate.linear=false"});
  };
  const Result with_list = run("with", list);
  EXPECT_EQ(with_list.exit_code, 0) << with_list.err;
  EXPECT_THAT(with_list.out, AllOf(HasSubstr("accuracy"), Not(HasSubstr("table of accuracies"))));
  EXPECT_THAT(with_list.err, Not(HasSubstr("unreadable")));

  write_file(shop.folder / "two.txt", "valid/cat/30.png\n");
  for (const char* name : {"34.png", "36.png", "32.png"}) {
    write_file(shop.folder / "set/valid/cat" + "/" + name, "broken");
  }
  const Result without = run("without", shop.folder / "two.txt");
  EXPECT_EQ(without.exit_code, 3) << without.err;
  EXPECT_THAT(without.err, HasSubstr("is a finished run, but evaluations that were asked for are "
                                     "missing"));
  EXPECT_TRUE(fs::exists(shop.folder / "without/model.safetensors"));
  EXPECT_THAT(without.out,
              AllOf(HasSubstr("no table of accuracies"), HasSubstr("32.png"), HasSubstr("34.png")));
  EXPECT_LT(without.out.find("32.png"), without.out.find("34.png"));

  const Result features =
      dbot({"embed", "--model", shop.folder / "with", "--data", shop.folder / "set", "--leave-out",
            list, "--out", shop.folder / "x.csv", "--json"});
  EXPECT_EQ(features.exit_code, 0) << features.err;
  EXPECT_EQ(Json::parse(features.out).at("images"), 28);
  EXPECT_EQ(Json::parse(features.out).at("skipped"), 0);
  const Result evaluated =
      dbot({"evaluate", "knn", "--model", "pixels", "--data", shop.folder / "set/train", "--labels",
            "0.5", "--labels", "folder"});
  EXPECT_EQ(evaluated.exit_code, 0) << evaluated.err;
}

}  // namespace
}  // namespace dbot::cli_test
