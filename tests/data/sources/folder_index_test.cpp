#include "dbot/data/sources/folder/folder_index.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

#include "dbot/core/files/files.h"
#include "dbot/data/sources/folder/folder_scan.h"
#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/data/sources/path_strings.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

// Longer than the times of any local file system are coarse.
constexpr std::chrono::milliseconds settling{40};  // more than `settled_seconds`

class FolderIndex : public ::testing::Test {
 protected:
  FolderScan scan(bool indexed = true, double settled_seconds = 0.02) const {
    ScanOptions options;
    options.index_folder = indexed ? cache_ / "deep/er" : fs::path{};
    options.least_indexed = 0;
    options.settled_seconds = settled_seconds;
    return scan_folder(folder_.path(), core::silent_log(), options);
  }

  /// With the index as without; says how many folders were read.
  std::size_t expect_like_fresh() const {
    const auto indexed = scan(), fresh = scan(false);
    EXPECT_EQ(test::strings_of(indexed.images), test::strings_of(fresh.images));
    EXPECT_EQ(indexed.other_files, fresh.other_files);
    EXPECT_EQ(indexed.first_other, fresh.first_other);
    EXPECT_EQ(indexed.folders, fresh.folders);
    EXPECT_EQ(fresh.read, fresh.folders);
    return indexed.read;
  }

  fs::path file() const { return index_file(cache_ / "deep/er", folder_.path()); }
  void put(const std::string& name) const { test::write_text(folder_ / name, "x"); }
  static void settle() { std::this_thread::sleep_for(settling); }

  test::TemporaryFolder folder_, cache_;
};

TEST_F(FolderIndex, OnlyChangedFoldersAreReadAgain) {
  for (const char* name : {"a/1.jpg", "a/deep/2.jpg", "b/3.jpg", "b/notes.txt"}) put(name);
  settle();
  EXPECT_EQ(expect_like_fresh(), 4U);
  EXPECT_EQ(expect_like_fresh(), 0U);
  put("a/deep/4.jpg");
  EXPECT_EQ(expect_like_fresh(), 1U);
  fs::remove(folder_ / "b/notes.txt");
  fs::remove_all(folder_ / "a/deep");
  settle();
  EXPECT_EQ(expect_like_fresh(), 2U);
  EXPECT_EQ(expect_like_fresh(), 0U);
}

TEST_F(FolderIndex, AFolderThatChangedJustNowIsReadAgain) {
  for (const char* name : {"a/1.jpg", "b/1.jpg"}) put(name);
  settle();
  constexpr double an_hour = 3600;
  scan(true, an_hour);
  EXPECT_EQ(scan(true, an_hour).read, 3U);
  EXPECT_EQ(expect_like_fresh(), 3U);  // they are settled, but were not when they were read
  EXPECT_EQ(expect_like_fresh(), 0U);
}

TEST_F(FolderIndex, TimesThatWereSetBackHideNoChange) {
  put("a/1.jpg");
  settle();
  struct stat before {};
  ASSERT_EQ(::stat((folder_ / "a").c_str(), &before), 0);
  EXPECT_EQ(expect_like_fresh(), 2U);
  put("a/2.jpg");
  const timespec times[2] = {before.st_atim, before.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, (folder_ / "a").c_str(), times, 0), 0);
  EXPECT_EQ(expect_like_fresh(), 1U);
  EXPECT_THAT(test::strings_of(scan().images), ElementsAre("a/1.jpg", "a/2.jpg"));
}

TEST_F(FolderIndex, LinksAreFollowedAnew) {
  const test::TemporaryFolder elsewhere;
  test::write_text(elsewhere / "one/1.jpg", "x");
  put("a/2.jpg");
  fs::create_symlink(elsewhere / "link.jpg", folder_ / "link.jpg");
  fs::create_symlink(elsewhere / "one", elsewhere / "link.jpg");
  settle();
  expect_like_fresh();
  EXPECT_THAT(test::strings_of(scan().images), ElementsAre("a/2.jpg", "link.jpg/1.jpg"));
  // Nothing under the folder changes, but where its link leads to.
  fs::remove(elsewhere / "link.jpg");
  test::write_text(elsewhere / "link.jpg", "x");
  EXPECT_EQ(expect_like_fresh(), 0U);
  EXPECT_THAT(test::strings_of(scan().images), ElementsAre("a/2.jpg", "link.jpg"));
}

TEST_F(FolderIndex, DamagedAndForeignIndexesAreMadeAnew) {
  for (const char* name : {"a/1.jpg", "b/2.jpg"}) put(name);
  settle();
  expect_like_fresh();
  const auto sound = core::read_text_file(file());
  for (std::size_t at = 0; at < sound.size(); at += 1 + sound.size() / 60) {
    auto damaged = sound;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    test::write_text(file(), damaged);
    EXPECT_EQ(scan().read, 3U) << "byte " << at;
    test::write_text(file(), sound.substr(0, at));
    EXPECT_EQ(expect_like_fresh(), 3U) << "up to byte " << at;
  }
  EXPECT_EQ(core::read_text_file(file()).size(), sound.size());
  const test::TemporaryFolder other;
  write_index(index_file(cache_.path(), other.path()), other.path(), {});
  fs::copy_file(index_file(cache_.path(), other.path()), file(),
                fs::copy_options::overwrite_existing);
  EXPECT_EQ(expect_like_fresh(), 3U);
}

TEST_F(FolderIndex, WhereItCannotBeWrittenNothingIsAmiss) {
  put("a/1.jpg");
  settle();
  test::write_text(cache_ / "deep", "a file in the way");
  EXPECT_EQ(expect_like_fresh(), 2U);
  EXPECT_EQ(expect_like_fresh(), 2U);
}

TEST_F(FolderIndex, SmallFoldersHaveNone) {
  put("a.jpg");
  settle();
  ScanOptions options;
  options.index_folder = cache_.path();
  scan_folder(folder_.path(), core::silent_log(), options);
  EXPECT_TRUE(fs::is_empty(cache_.path()));
}

TEST_F(FolderIndex, SeveralMayScanAtOnce) {
  for (int i = 0; i < 200; ++i) put(fmt::format("{}/{}.png", i % 9, i));
  settle();
  const auto expected = test::strings_of(scan(false).images);
  std::vector<std::jthread> others;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 4; ++i) {
    others.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        if (round == 5) fs::remove(file());
        wrong += test::strings_of(scan().images) != expected;
      }
    });
  }
  others.clear();
  EXPECT_EQ(wrong, 0);
}

/// A tree of files under random changes, some of them twice within the same moment.
class RandomTree {
 public:
  explicit RandomTree(fs::path root, fs::path elsewhere)
      : root_(std::move(root)), elsewhere_(std::move(elsewhere)) {}

  void change() {
    std::error_code ignored;  // what is not possible just now is passed over
    const auto path = random_path();
    const fs::path file = path / (letter() + random_ending());
    switch (below(9)) {
      case 0:
      case 1:
        fs::create_directories(path, ignored);
        std::ofstream(file) << "x";
        break;
      case 2:
        fs::remove(file, ignored);
        break;
      case 3:
        fs::rename(file, random_path() / (letter() + random_ending()), ignored);
        break;
      case 4:
        if (path != root_) fs::remove_all(path, ignored);
        break;
      case 5:
        if (path != root_) fs::rename(path, random_path() / letter(), ignored);
        break;
      case 6:
        fs::create_directory_symlink(below(2) == 0 ? random_path() : elsewhere_, path / letter(),
                                     ignored);
        break;
      case 7:
        fs::create_symlink(file, path / (letter() + random_ending()), ignored);
        break;
      case 8:
        fs::create_directories(elsewhere_ / letter(), ignored);
        std::ofstream(elsewhere_ / letter() / (letter() + ".png")) << "x";
        break;
    }
  }

  std::size_t below(std::size_t count) { return engine_() % count; }

 private:
  std::string letter() { return std::string(1, static_cast<char>('a' + below(4))); }
  std::string random_ending() { return std::array{".jpg", ".png", ".txt", "-b.jpg", ""}[below(5)]; }
  fs::path random_path() {
    fs::path path = root_;
    for (auto depth = below(4); depth > 0; --depth) path /= letter();
    return path;
  }

  fs::path root_, elsewhere_;
  std::mt19937 engine_{7};
};

TEST_F(FolderIndex, UnderRandomChangesItIsLikeAFreshScan) {
  const test::TemporaryFolder elsewhere;
  RandomTree tree(folder_.path(), elsewhere.path());
  std::size_t spared = 0;
  for (int round = 0; round < 200; ++round) {
    SCOPED_TRACE(round);
    for (auto changes = tree.below(4); changes > 0; --changes) tree.change();
    if (tree.below(4) == 0) settle();
    const auto read = expect_like_fresh();
    spared += scan(false).folders - read;
    if (HasFailure()) break;
  }
  EXPECT_GT(spared, 200U);
}

TEST(FolderIndexFile, PlaceFollowsTheEnvironment) {
  const auto with = [](const char* name, const char* value) {
    const char* old = std::getenv(name);
    const std::string kept = old ? old : "";
    ::setenv(name, value, 1);
    const auto folder = default_index_folder();
    old ? ::setenv(name, kept.c_str(), 1) : ::unsetenv(name);
    return folder;
  };
  EXPECT_EQ(with("XDG_CACHE_HOME", "/somewhere"), "/somewhere/dbot/index");
  EXPECT_NE(with("XDG_CACHE_HOME", "not/absolute"), "not/absolute/dbot/index");
  EXPECT_EQ(with("DBOT_INDEX", "off"), "");
}

TEST(FolderIndexFile, PackedListingsAreReadAgain) {
  auto listing = std::make_shared<FolderListing>();
  listing->stamp = {7, -1, 1234567890123456789};
  listing->files = sorted_names({"b.jpg", "a.jpg"});
  listing->links = sorted_names({"link"});
  listing->other_files = 3;
  listing->first_other = "notes";
  const auto bytes = pack_listings("/data", {{"x/y", listing}, {"", listing}});
  const auto read = unpack_listings(bytes, "/data");
  ASSERT_EQ(read.size(), 2U);
  const auto& same = *read.at("x/y");
  EXPECT_EQ(same.stamp, listing->stamp);
  EXPECT_THAT(test::strings_of(same.files), ElementsAre("a.jpg", "b.jpg"));
  EXPECT_EQ(same.folders.size(), 0U);
  EXPECT_THAT(test::strings_of(same.links), ElementsAre("link"));
  EXPECT_EQ(same.other_files, 3);
  EXPECT_EQ(same.first_other, "notes");
  EXPECT_THROW(unpack_listings(bytes, "/other"), DataError);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    try {
      EXPECT_LT(unpack_listings(bytes.substr(0, size), "/data").size(), 2U) << size;
    } catch (const DataError&) {
    }
  }
}

TEST(NameListBytes, OnlyNamesOfEntriesInOrderAreTaken) {
  using namespace std::string_view_literals;
  EXPECT_EQ(parse_names(""sv), core::TextList());
  const auto names = parse_names("a\0b\0"sv);
  ASSERT_TRUE(names);
  EXPECT_EQ(*names, sorted_names({"b", "a"}));
  EXPECT_EQ(name_bytes(*names), "a\0b\0"sv);
  for (const auto bad : {"a"sv, "b\0a\0"sv, "a\0a\0"sv, "\0"sv, ".a\0"sv, "a/b\0"sv}) {
    EXPECT_FALSE(parse_names(bad)) << bad;
  }
}

}  // namespace
}  // namespace dbot::data
