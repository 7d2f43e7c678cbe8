#include "dbot/data/sources/folder/folder_scan.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/data/sources/path_strings.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

TEST(FolderScan, OrderIsByteWiseAndHiddenFilesArePassedOver) {
  const test::TemporaryFolder folder;
  for (const char* name : {"b.jpg", "a/z.PNG", "a.png", "B.jpeg", ".hidden.jpg", ".git/x.jpg",
                           "a/notes.txt", "a/b/c/d.jpe", "a-b/e.jpg"}) {
    test::write_text(folder / name, "x");
  }
  const auto scan = scan_folder(folder.path(), core::silent_log());
  const auto images = test::strings_of(scan.images);
  EXPECT_THAT(images,
              ElementsAre("B.jpeg", "a-b/e.jpg", "a.png", "a/b/c/d.jpe", "a/z.PNG", "b.jpg"));
  EXPECT_EQ(scan.other_files, 1);
  EXPECT_EQ(scan.first_other, "a/notes.txt");
}

TEST(FolderScan, FollowsLinksAndEndsLoops) {
  const test::TemporaryFolder folder, elsewhere;
  test::write_text(folder / "real/a.jpg", "x");
  test::write_text(elsewhere / "b.jpg", "x");
  fs::create_directory_symlink(folder.path(), folder / "real/loop");
  fs::create_directory_symlink(elsewhere.path(), folder / "linked");
  fs::create_directory_symlink(folder / "linked", elsewhere / "back");
  fs::create_symlink(elsewhere / "b.jpg", folder / "file.jpg");
  const auto scan = scan_folder(folder.path(), core::silent_log());
  const auto images = test::strings_of(scan.images);
  EXPECT_THAT(images, ElementsAre("file.jpg", "linked/b.jpg", "real/a.jpg"));
}

TEST(FolderScan, AFolderKeepsItsOwnPathWhenALinkLeadsToIt) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "zebra/a.jpg", "x");
  fs::create_directory_symlink(folder / "zebra", folder / "alias");
  const auto scan = scan_folder(folder.path(), core::silent_log());
  const auto images = test::strings_of(scan.images);
  EXPECT_THAT(images, ElementsAre("zebra/a.jpg"));
}

TEST(FolderScan, ALinkThatLeadsNowhereIsACandidate) {
  const test::TemporaryFolder folder;
  fs::create_symlink(folder / "gone", folder / "a.jpg");
  const auto scan = scan_folder(folder.path(), core::silent_log());
  EXPECT_THAT(test::strings_of(scan.images), ElementsAre("a.jpg"));
}

TEST(FolderScan, EqualsAPlainWalkWhateverTheNumberOfThreads) {
  const test::TemporaryFolder folder;
  std::vector<std::string> expected;
  for (int i = 0; i < 40; ++i) {
    for (int j = 0; j < 10; ++j) {
      expected.push_back(fmt::format("{}/{}{}/{}.png", i % 7, i, i % 3 == 0 ? "-x" : "", j));
      test::write_text(folder / expected.back(), "x");
    }
  }
  std::sort(expected.begin(), expected.end());
  for (const int threads : {1, 3, 16}) {
    ScanOptions options;
    options.threads = threads;
    const auto scan = scan_folder(folder.path(), core::silent_log(), options);
    EXPECT_EQ(test::strings_of(scan.images), expected);
    EXPECT_EQ(scan.folders, 48U);
  }
}

TEST(FolderScan, LinksToManyFoldersAreEnteredInTheOrderOfTheirPaths) {
  const test::TemporaryFolder folder, elsewhere;
  for (const char* name : {"a/1.jpg", "b/2.jpg", "b/deep/3.jpg"}) {
    test::write_text(elsewhere / name, "x");
  }
  fs::create_directory_symlink(elsewhere / "b", folder / "x");
  fs::create_directory_symlink(elsewhere.path(), folder / "y");  // the first to lead to a
  fs::create_directory_symlink(elsewhere / "a", folder / "z");
  const auto scan = scan_folder(folder.path(), core::silent_log());
  EXPECT_THAT(test::strings_of(scan.images), ElementsAre("x/2.jpg", "x/deep/3.jpg", "y/a/1.jpg"));
}

TEST(FolderScan, StopsWhenAsked) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "a/b.jpg", "x");
  core::StopRequest stop;
  ScanOptions options;
  options.stop = &stop;
  EXPECT_EQ(scan_folder(folder.path(), core::silent_log(), options).images.size(), 1U);
  stop.request();
  EXPECT_THROW(scan_folder(folder.path(), core::silent_log(), options), Stopped);
}

TEST(FolderScan, NamesAFolderThatMayNotBeRead) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "locked/a.jpg", "x");
  test::write_text(folder / "open/b.jpg", "x");
  fs::permissions(folder / "locked", fs::perms::none);
  if (::access((folder / "locked").c_str(), R_OK) == 0) GTEST_SKIP() << "nothing is locked to root";
  test::KeptLog kept;
  const auto scan = scan_folder(folder.path(), kept.log());
  fs::permissions(folder / "locked", fs::perms::owner_all);
  EXPECT_THAT(test::strings_of(scan.images), ElementsAre("open/b.jpg"));
  EXPECT_THAT(kept.lines, ElementsAre(::testing::HasSubstr("locked: cannot be read, left out")));
}

}  // namespace
}  // namespace dbot::data
