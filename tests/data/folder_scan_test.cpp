#include "dbot/data/folder_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

TEST(FolderScan, OrderIsByteWiseAndHiddenFilesArePassedOver) {
  const test::TemporaryFolder folder;
  for (const char* name : {"b.jpg", "a/z.PNG", "a.png", "B.jpeg", ".hidden.jpg", ".git/x.jpg",
                           "a/notes.txt", "a/b/c/d.jpe"}) {
    test::write_text(folder / name, "x");
  }
  const auto scan = scan_folder(folder.path(), core::silent_log());
  EXPECT_THAT(scan.images, ElementsAre("B.jpeg", "a.png", "a/b/c/d.jpe", "a/z.PNG", "b.jpg"));
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
  EXPECT_THAT(scan.images, ElementsAre("file.jpg", "linked/b.jpg", "real/a.jpg"));
}

TEST(FolderScan, AFolderKeepsItsOwnPathWhenALinkLeadsToIt) {
  const test::TemporaryFolder folder;
  test::write_text(folder / "zebra/a.jpg", "x");
  fs::create_directory_symlink(folder / "zebra", folder / "alias");
  const auto scan = scan_folder(folder.path(), core::silent_log());
  EXPECT_THAT(scan.images, ElementsAre("zebra/a.jpg"));
}

TEST(FolderScan, ALinkThatLeadsNowhereIsACandidate) {
  const test::TemporaryFolder folder;
  fs::create_symlink(folder / "gone", folder / "a.jpg");
  EXPECT_THAT(scan_folder(folder.path(), core::silent_log()).images, ElementsAre("a.jpg"));
}

}  // namespace
}  // namespace dbot::data
