#include "dbot/core/files/file_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "tests/core/temporary_folder.h"

namespace dbot::core {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(FileTree, CreatesFoldersOnce) {
  const test::TemporaryFolder place;
  create_folders(place / "a/b/c");
  create_folders(place / "a/b/c/");
  EXPECT_TRUE(fs::is_directory(place / "a/b/c"));
  EXPECT_FALSE(create_folder(place / "a"));
  EXPECT_TRUE(create_folder(place / "d"));
  write_file_synced(place / "file", "x");
  EXPECT_THAT([&] { create_folders(place / "file/below"); },
              ThrowsMessage<Error>(HasSubstr("Not a directory")));
  EXPECT_THAT([&] { create_folders(place / "file"); },
              ThrowsMessage<Error>(HasSubstr("Not a directory")));
}

TEST(FileTree, RenamesSwapsAndRemoves) {
  const test::TemporaryFolder place;
  write_file_synced(place / "one", "1");
  write_file_synced(place / "two", "2");
  if (swap_paths(place / "one", place / "two")) {
    EXPECT_EQ(read_text_file(place / "one"), "2");
  }
  rename_path(place / "one", place / "three");
  EXPECT_FALSE(fs::exists(place / "one"));
  EXPECT_THROW(rename_path(place / "one", place / "four"), Error);
  EXPECT_THROW(swap_paths(place / "one", place / "three"), Error);
  create_folders(place / "folder/below");
  remove_tree(place / "folder");
  EXPECT_FALSE(fs::exists(place / "folder"));
  EXPECT_NO_THROW(remove_tree(place / "folder"));
}

}  // namespace
}  // namespace dbot::core
