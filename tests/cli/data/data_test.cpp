// Data that are missing, empty or broken: exit code 3, or trained around.
#include <gmock/gmock.h>

#include "tests/cli/support/tiny_run.h"

namespace dbot::cli_test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

/// The tiny recipe on another folder of images.
Result pretrain_on(const Workshop& shop, const std::string& data,
                   const std::vector<std::string>& more = {}) {
  std::vector<std::string> words{"pretrain", shop.recipe, "--data",
                                 data,       "--out",     shop.folder / "run"};
  words.insert(words.end(), more.begin(), more.end());
  return dbot(words);
}

TEST(Data, MissingEmptyAndJunkFoldersAreBadData) {
  const Workshop shop;
  const Result missing = pretrain_on(shop, shop.folder / "nowhere");
  EXPECT_EQ(missing.exit_code, 3) << missing.err;
  EXPECT_THAT(missing.err, AllOf(HasSubstr("nowhere"), HasSubstr("; check --data")));
  const Result checked = dbot({"data", "check", shop.folder / "nowhere"});
  EXPECT_EQ(checked.exit_code, 3) << checked.err;
  EXPECT_THAT(checked.err, AllOf(HasSubstr("nowhere"), Not(HasSubstr("--data"))))
      << "this command has no such option";

  fs::create_directory(shop.folder.path() / "empty");
  EXPECT_EQ(pretrain_on(shop, shop.folder / "empty").exit_code, 3);

  fs::create_directory(shop.folder.path() / "junk");
  write_file(shop.folder / "junk/notes.txt", "no image");
  const Result junk = pretrain_on(shop, shop.folder / "junk");
  EXPECT_EQ(junk.exit_code, 3) << junk.err;
  EXPECT_THAT(junk.err, HasSubstr("notes.txt"));
  EXPECT_FALSE(fs::exists(shop.folder / "run"));
}

TEST(Data, TruncatedAndEmptyImagesAreTrainedAroundAndListed) {
  const Workshop shop;
  const fs::path images = shop.folder.path() / "images";
  write_png_folder(images, 40);
  write_file(images / "107.png", "");
  const std::string whole = read_file(images / "120.png");
  write_file(images / "120.png", whole.substr(0, whole.size() / 2));
  const Result result = pretrain_on(shop, images.string());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::string list = read_file(shop.folder / "run/bad_files.txt");
  EXPECT_THAT(list, HasSubstr("107.png"));
  EXPECT_THAT(list, HasSubstr("120.png"));
  EXPECT_THAT(list, Not(HasSubstr("108.png")));
}

TEST(Data, OnlyBrokenImagesAreBadData) {
  const Workshop shop;
  const fs::path images = shop.folder.path() / "images";
  fs::create_directory(images);
  for (int i = 0; i < 20; ++i) write_file(images / (std::to_string(i) + ".png"), "not a picture");
  const Result measured = pretrain_on(shop, images.string());
  EXPECT_EQ(measured.exit_code, 3) << measured.err;
  const Result given =
      pretrain_on(shop, images.string(),
                  {"--set", "data.mean=[0.5, 0.5, 0.5]", "--set", "data.std=[0.5, 0.5, 0.5]"});
  EXPECT_EQ(given.exit_code, 3) << given.err;
}

TEST(Data, EverySourceNeedsItsWeight) {
  const Workshop shop;
  const Result result = pretrain_on(shop, shop.data, {"--set", "data.weights=[1, 2]"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("2 numbers, but there is 1 source of data"));
  const Result bench = dbot(
      {"data", "bench", "tests/data/fixtures", "tests/data/fixtures", "--set", "data.weights=[1]"});
  EXPECT_EQ(bench.exit_code, 2);
  EXPECT_THAT(bench.err, HasSubstr("1 number, but there are 2 sources"));
}

}  // namespace
}  // namespace dbot::cli_test
