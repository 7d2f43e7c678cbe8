#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "dbot/data/loader/loader.h"
#include "dbot/data/sources/open.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/data/loader/loader_batches.h"

// Files that change under a loader's hands.
namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LoaderFiles : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    for (int i = 0; i < 32; ++i) test::put_image(file(i));
    config_.image_size = {16, 16};
    config_.batch_size = 8;
    config_.max_bad_fraction = 0.2;
    config_.workers = GetParam();
  }
  /// One thing stands in the other's place from one moment to the next: the loader reads meanwhile.
  static void exchange(const fs::path& one, const fs::path& other) {
    ASSERT_EQ(renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE), 0);
  }
  fs::path file(int number) const { return folder_ / fmt::format("{:02}.jpg", number); }

  test::TemporaryFolder folder_;
  test::TemporaryFolder aside_;
  test::KeptLog kept_;
  test::ImageLoaderConfig config_;
};

TEST_P(LoaderFiles, ThatVanishOrChangeAreNamedAndReplaced) {
  Loader loader =
      test::image_loader(open_images(folder_.path(), core::silent_log()), config_, kept_.log());
  ASSERT_TRUE(loader.next());
  fs::remove(file(3));
  fs::resize_file(file(7), 400);
  test::write_text(aside_ / "text", "no picture any more");
  exchange(aside_ / "text", file(11));
  fs::create_directory(aside_ / "folder");
  exchange(aside_ / "folder", file(15));
  for (int i = 0; i < 12; ++i) {  // two epochs, and what was loaded ahead
    const auto batch = loader.next();
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->size(), 8);
  }
  EXPECT_THAT(loader.bad_samples(),
              ElementsAre(HasSubstr("03.jpg: cannot be opened"), HasSubstr("07.jpg: "),
                          HasSubstr("11.jpg: is not an image"),
                          HasSubstr("15.jpg: is not a regular file")));
  EXPECT_EQ(kept_.lines.size(), 4U);
}

TEST_P(LoaderFiles, ThatAreAllGoneEndTheRunWithTheirNames) {
  Loader loader =
      test::image_loader(open_images(folder_.path(), core::silent_log()), config_, kept_.log());
  ASSERT_TRUE(loader.next());
  fs::remove_all(folder_.path());
  const auto message = test::message_of<DataError>([&] {
    for (int i = 0; i < 12; ++i) loader.next();
  });
  EXPECT_THAT(message, HasSubstr("are unreadable"));
  EXPECT_THAT(message, HasSubstr("cannot be opened: No such file"));
}

INSTANTIATE_TEST_SUITE_P(Workers, LoaderFiles, ::testing::Values(0, 3));

}  // namespace
}  // namespace dbot::data
