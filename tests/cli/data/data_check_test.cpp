// dbot data check, stats and split, and training without what a check found.
#include <gmock/gmock.h>

#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Forty small pictures, of which one is cut, one is empty and one is there twice.
struct Pictures {
  Pictures() : images(folder.path() / "images") {
    write_png_folder(images, 40);
    const std::string whole = read_file(images / "120.png");
    write_file(images / "120.png", whole.substr(0, whole.size() / 2));
    write_file(images / "107.png", "");
    fs::copy(images / "110.png", images / "copy.png");
  }
  Result check(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"data", "check", images.string(), "--out", folder / "check"};
    words.insert(words.end(), more.begin(), more.end());
    return dbot(words);
  }
  TemporaryFolder folder;
  fs::path images;
};

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
  return lines;
}

TEST(DataCheck, TellsWritesAndEndsWithThree) {
  const Pictures pictures;
  const Result result = pictures.check({"--distance", "-1"});
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("Truncated"), HasSubstr("Empty files"),
                                HasSubstr("Duplicates"), HasSubstr("2 of 41 images")));
  EXPECT_THAT(result.err, HasSubstr("[data check] 2 of 41 images cannot be used"));
  const auto lines = lines_of(read_file(pictures.folder / "check/check.jsonl"));
  EXPECT_EQ(lines.at(0).at("broken"), 2);
  EXPECT_EQ(lines.at(0).at("counts").at("duplicate"), 1);
  EXPECT_EQ(lines.at(1).at("file"), "107.png");
  EXPECT_EQ(lines.at(1).at("kind"), "empty");
  const std::string list = read_file(pictures.folder / "check/quarantine.txt");
  EXPECT_THAT(list, AllOf(HasSubstr("\n107.png\n"), HasSubstr("\n120.png\n"),
                          Not(HasSubstr("\ncopy.png\n"))));
  const std::string page = read_file(pictures.folder / "check/check.html");
  EXPECT_THAT(page, AllOf(HasSubstr("<!DOCTYPE html>"), HasSubstr("120.png")));
  EXPECT_FALSE(fs::exists(pictures.folder / "check/check.partial"));

  // Again into the same folder, now with all that is suspicious.
  const Result again = pictures.check({"--distance", "-1", "--quarantine", "duplicates", "--json"});
  EXPECT_EQ(again.exit_code, 3);
  const Json figures = Json::parse(again.out);
  EXPECT_EQ(figures.at("images"), 41);
  EXPECT_EQ(figures.at("quarantined"), 3);
  EXPECT_EQ(figures.at("counts").at("truncated"), 1);
}

TEST(DataCheck, OfSoundImagesEndsWithZero) {
  const TemporaryFolder folder;
  write_png_folder(folder.path() / "images", 12);
  const Result result =
      dbot({"data", "check", folder / "images", "--out", folder / "check", "--distance", "-1"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST(DataCheck, RefusesWrongUsageBeforeItReads) {
  const Pictures pictures;
  EXPECT_EQ(pictures.check({"--quarantine", "some"}).exit_code, 2);
  EXPECT_EQ(pictures.check({"--workers", "0"}).exit_code, 2);
  EXPECT_EQ(pictures.check({"--distance", "40"}).exit_code, 2);
  EXPECT_FALSE(fs::exists(pictures.folder / "check"));
  EXPECT_EQ(dbot({"data", "check", pictures.folder / "nowhere", "--out", pictures.folder / "c"})
                .exit_code,
            3);
  write_file(pictures.folder / "file", "");
  EXPECT_EQ(dbot({"data", "check", pictures.images.string(), "--out", pictures.folder / "file"})
                .exit_code,
            2);
  const Result foreign =
      dbot({"data", "check", pictures.images.string(), "--out", pictures.images.string()});
  EXPECT_EQ(foreign.exit_code, 2);
  EXPECT_THAT(foreign.err, HasSubstr("holds other files"));
}

TEST(DataCheck, StopsOnRequestAndGoesOn) {
  const TemporaryFolder folder;
  write_png_folder(folder.path() / "images", 3000);
  const std::vector<std::string> command{
      "data", "check", folder / "images", "--out", folder / "check", "--workers", "1"};
  {
    Program program(command, folder.path());
    for (int i = 0; i < 60000 && !fs::exists(folder / "check/check.partial"); ++i) usleep(1000);
    program.send(SIGINT);
    const Result stopped = program.wait();
    EXPECT_EQ(stopped.exit_code, 75) << stopped.err;
    EXPECT_THAT(stopped.err, HasSubstr("of 3000 images; the same command goes on"));
    EXPECT_FALSE(fs::exists(folder / "check/check.html"));
  }
  const Result finished = dbot(command);
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_TRUE(fs::exists(folder / "check/check.html"));
}

TEST(DataCheck, ARunTrainsWithoutWhatItLists) {
  const Workshop shop;
  const Pictures pictures;
  ASSERT_EQ(pictures.check({"--distance", "-1", "--quarantine", "duplicates"}).exit_code, 3);
  const Result result = dbot({"pretrain", shop.recipe, "--data", pictures.images.string(), "--out",
                              shop.folder / "run", "--set",
                              "data.leave_out=" + (pictures.folder / "check/quarantine.txt"),
                              "--set", "data.max_bad_fraction=0"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("3 of 41 images are left out"));
  const Result missing = dbot({"pretrain", shop.recipe, "--data", pictures.images.string(), "--out",
                               shop.folder / "other", "--set", "data.leave_out=gone.txt"});
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_THAT(missing.err, HasSubstr("data.leave_out is gone.txt"));
  EXPECT_FALSE(fs::exists(shop.folder / "other"));
}

TEST(DataStats, GivesFiguresAndKeysForARecipe) {
  const Pictures pictures;
  const Result table = dbot({"data", "stats", pictures.images.string()});
  EXPECT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("41 images"), HasSubstr("data.mean = ["),
                               HasSubstr("model.image_size = 8"), HasSubstr("RGB, 8 bits")));
  const Result result = dbot({"data", "stats", pictures.images.string(), "--json"});
  const Json figures = Json::parse(result.out);
  EXPECT_EQ(figures.at("images"), 41);
  EXPECT_EQ(figures.at("width").at("median"), 8);
  EXPECT_EQ(figures.at("channels"), 3);
  EXPECT_EQ(figures.at("mean").size(), 3U);
  EXPECT_EQ(dbot({"data", "stats", pictures.images.string(), "--images", "0"}).exit_code, 2);
}

TEST(DataSplit, WritesListsAndLinksOnce) {
  const Pictures pictures;
  const std::string lists = pictures.folder / "lists";
  const Result result = dbot({"data", "split", pictures.images.string(), lists, "--test", "0.25",
                              "--groups", "duplicates", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const Json figures = Json::parse(result.out);
  EXPECT_EQ(figures.at("test"), 10);
  EXPECT_EQ(figures.at("train"), 31);
  EXPECT_EQ(figures.at("groups"), 1);
  EXPECT_THAT(read_file(fs::path(lists) / "train.csv"), HasSubstr("path\n../images/"));
  EXPECT_EQ(dbot({"data", "split", pictures.images.string(), lists}).exit_code, 2)
      << "it is there already";
  const Result links = dbot({"data", "split", pictures.images.string(), pictures.folder / "links",
                             "--links", "--seed", "3"});
  EXPECT_EQ(links.exit_code, 0) << links.err;
  EXPECT_TRUE(fs::is_directory(pictures.folder / "links/test"));
  EXPECT_EQ(
      dbot({"data", "split", pictures.images.string(), pictures.folder / "none", "--test", "1.5"})
          .exit_code,
      2);
  EXPECT_EQ(
      dbot({"data", "split", pictures.images.string(), pictures.folder / "none", "--by-class"})
          .exit_code,
      3);
}

}  // namespace
}  // namespace dbot::cli_test
