// Folders that do not hold the data themselves, and files that have to be unpacked first.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/data/sources/open.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/formats/writer/tar_writer.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using test::put_image;
using test::write_text;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

class DataBelow : public ::testing::Test {
 protected:
  void put_archive(const std::string& name) {
    test::TarWriter tar;
    const auto bytes = test::bytes_of(test::fixtures() / "rgb_420.jpg");
    for (const char* image : {"1.jpg", "2.jpg"}) tar.add(image, {bytes.begin(), bytes.end()});
    write_text(folder_ / name, tar.finish());
  }
  std::int64_t size() { return open_images(folder_.path(), kept_.log())->size(); }
  std::string refusal() {
    return message_of<DataError>([&] { size(); });
  }
  test::TemporaryFolder folder_;
  test::KeptLog kept_;
};

TEST_F(DataBelow, AHubsFolderKeepsItsDataInOneBelow) {
  write_text(folder_ / "README.md", "---");
  write_text(folder_ / ".gitattributes", "*.tar filter=lfs");
  put_archive("data/train-0.tar");
  put_archive("data/train-1.tar");
  EXPECT_EQ(size(), 4);
  EXPECT_THAT(kept_.lines, Contains(HasSubstr("the data are those in data")));
  put_archive("data/test-0.tar");
  EXPECT_EQ(open(folder_.path(), Wanted::all, {kept_.log()}).test->size(), 2);
  // Pictures for the reader of the page are no data.
  put_image(folder_ / "figures/logo.jpg");
  EXPECT_EQ(size(), 4);
}

TEST_F(DataBelow, PartsBelowAreUnderstood) {
  put_archive("data/train/0.tar");
  put_archive("data/test/0.tar");
  put_archive("data/test/1.tar");
  const auto parts = open(folder_.path(), Wanted::all, {kept_.log()});
  EXPECT_EQ(parts.train->size(), 2);
  EXPECT_EQ(parts.test->size(), 4);
}

TEST_F(DataBelow, WhatIsSaidOfTheFolderIsTold) {
  put_archive("data/train-0.tar");
  put_archive("data/test-0.tar");
  put_archive("data/more-0.tar");
  write_text(folder_ / "notes/plan.md", "no data");
  EXPECT_EQ(open(folder_.path(), Wanted::all, {kept_.log()}).test->size(), 2);
  EXPECT_THAT(kept_.lines, Contains(HasSubstr("more-0.tar: left out, as their names tell")));
}

TEST_F(DataBelow, OneOfSeveralHasToBeNamed) {
  put_archive("de/0.tar");
  put_archive("en/0.tar");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("2 folders of data: de, en"),
                               HasSubstr("name one of them, such as")));
}

TEST_F(DataBelow, ImagesComeBeforeArchives) {
  put_archive("backup/0.tar");
  put_image(folder_ / "cats/a.jpg");
  EXPECT_EQ(size(), 1);
  fs::remove_all(folder_ / "cats");
  put_image(folder_ / "2020/may/a.jpg");
  EXPECT_EQ(size(), 1);
}

TEST_F(DataBelow, WhereTheDataLieIsSaid) {
  write_text(folder_ / "notes.txt", "x");
  put_archive("a/b/0.tar");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("none of them an image"), HasSubstr("archives lie in"),
                               HasSubstr("a/b; name that folder")));
}

TEST_F(DataBelow, SavedDatasetsArePointedToParquet) {
  write_text(folder_ / "dataset_dict.json", "{}");
  for (const char* part : {"train", "test"}) {
    write_text(folder_ / part / "state.json", "{}");
    write_text(folder_ / part / "data-00000-of-00001.arrow", "ARROW1");
  }
  EXPECT_THAT(refusal(), HasSubstr("to_parquet"));
  EXPECT_THAT(message_of<DataError>(
                  [&] { open_images(folder_ / "train/data-00000-of-00001.arrow", kept_.log()); }),
              HasSubstr("to_parquet"));
}

TEST_F(DataBelow, PackedFilesAreToBeUnpacked) {
  write_text(folder_ / "photos.tar.xz", "x");
  EXPECT_THAT(
      refusal(),
      HasSubstr("photos.tar.xz: archives that end in .xz are not read; unpack it and name"));
}

TEST_F(DataBelow, ImagesOfKindsThatAreNotReadAreSaidOnce) {
  for (const char* name : {"a.jpg", "b/c.jpg"}) put_image(folder_ / name);
  for (const char* name : {"1.heic", "b/2.HEIF", "b/3.avif", "4.jp2", "5.jxl"}) {
    write_text(folder_ / name, "x");
  }
  EXPECT_EQ(size(), 2);
  EXPECT_THAT(kept_.lines,
              ::testing::ElementsAre(
                  AllOf(HasSubstr("2 HEIC, 1 AVIF, 1 JPEG 2000, 1 JPEG XL images are passed over"),
                        HasSubstr("avifdec"))));
  fs::remove(folder_ / "a.jpg");
  fs::remove(folder_ / "b/c.jpg");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("none of them an image"), HasSubstr("2 HEIC")));
}

}  // namespace
}  // namespace dbot::data
