#include "dbot/core/files/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <thread>
#include <vector>

#include "dbot/core/error.h"
#include "tests/core/temporary_folder.h"

namespace dbot::core {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::size_t entries_of(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST(Files, WhatIsWrittenIsRead) {
  const TemporaryFolder folder;
  const std::string content("one\0two\n\xff", 9);
  write_file_atomically(folder / "atomic", content);
  EXPECT_EQ(read_text_file(folder / "atomic"), content);
  write_file_atomically(folder / "atomic", "shorter");
  EXPECT_EQ(read_text_file(folder / "atomic"), "shorter");
  write_file_synced(folder / "synced", content);
  write_file_synced(folder / "synced", "");
  EXPECT_EQ(read_text_file(folder / "synced"), "");
  EXPECT_EQ(entries_of(folder.path()), 2u) << "temporary files are left";
}

TEST(Files, PartsFollowEachOther) {
  const TemporaryFolder folder;
  const std::array parts{bytes_of("ab"), bytes_of(""), bytes_of("cde")};
  write_file_synced(folder / "synced", parts);
  write_file_atomically(folder / "atomic", parts);
  EXPECT_EQ(read_text_file(folder / "synced"), "abcde");
  EXPECT_EQ(read_text_file(folder / "atomic"), "abcde");
}

TEST(Files, ContentIsTakenPieceByPiece) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", [](const WriteBytes& write) {
    for (const char* piece : {"ab", "", "cde"}) write(bytes_of(std::string(piece)));
  });
  EXPECT_EQ(read_text_file(folder / "file"), "abcde");
}

TEST(Files, ContentThatCannotBeMadeLeavesTheOldFile) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "old");
  const auto broken = [](const WriteBytes& write) {
    write(bytes_of("new"));
    throw Error("the rest is missing");
  };
  EXPECT_THROW(write_file_atomically(folder / "file", broken), Error);
  EXPECT_EQ(read_text_file(folder / "file"), "old");
  EXPECT_EQ(entries_of(folder.path()), 1u) << "a temporary file is left";
}

TEST(Files, NewFilesFollowTheUsersMask) {
  const TemporaryFolder folder;
  const mode_t before = ::umask(027);
  write_file_atomically(folder / "file", "x");
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat((folder / "file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST(Files, TheLongestNameCanBeReplaced) {
  const TemporaryFolder folder;
  const std::string name(255, 'n');
  write_file_atomically(folder / name, "x");
  EXPECT_EQ(read_text_file(folder / name), "x");
}

TEST(Files, ErrorsNameOperationPathAndReason) {
  const TemporaryFolder folder;
  const std::string missing = (folder / "missing/file").string();
  const auto names_it =
      ThrowsMessage<Error>(AllOf(HasSubstr(missing), HasSubstr("No such file or directory")));
  EXPECT_THAT([&] { read_text_file(missing); }, names_it);
  EXPECT_THAT([&] { write_file_atomically(missing, "x"); }, names_it);
  EXPECT_THAT([&] { write_file_synced(missing, "x"); }, names_it);
  EXPECT_THAT([&] { sync_directory(missing); }, names_it);
  EXPECT_THAT([&] { replace_symlink(missing, "target"); }, names_it);
  EXPECT_THAT([&] { checksum_of_file(missing); }, names_it);
  EXPECT_THAT([&] { FileLock::try_acquire(missing); }, names_it);
  EXPECT_THAT([&] { read_text_file(folder.path()); },
              ThrowsMessage<Error>(HasSubstr("Is a directory")));
}

TEST(Files, EndlessDevicesAreRefused) {
  EXPECT_THAT([] { read_text_file("/dev/zero"); },
              ThrowsMessage<Error>(HasSubstr("not a regular file")));
}

// The folder takes the place of a target that cannot be replaced; the attempt must leave nothing.
TEST(Files, AFailedReplacementLeavesNothingBehind) {
  const TemporaryFolder folder;
  fs::create_directories(folder / "target/inside");
  EXPECT_THAT([&] { write_file_atomically(folder / "target", "x"); },
              ThrowsMessage<Error>(HasSubstr("cannot replace")));
  EXPECT_EQ(entries_of(folder.path()), 1u);
}

// A full disk, played by a limit on the size of files: what is written in part is never seen.
TEST(Files, AWriteThatFailsHalfwayKeepsTheOldContent) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "old");
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      write_file_atomically(folder / "file", std::string(100000, 'n'));
      ::_exit(1);
    } catch (const Error& error) {
      ::_exit(std::string(error.what()).find("File too large") == std::string::npos ? 2 : 0);
    }
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0) << "the child saw no error, or another one";
  EXPECT_EQ(read_text_file(folder / "file"), "old");
  EXPECT_EQ(entries_of(folder.path()), 1u);
}

TEST(Files, ManyThreadsMayReplaceOneFile) {
  const TemporaryFolder folder;
  std::vector<std::thread> threads;
  for (char letter = 'a'; letter < 'e'; ++letter) {
    threads.emplace_back([&folder, letter] {
      for (int i = 0; i < 20; ++i)
        write_file_atomically(folder / "file", std::string(5000, letter));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string content = read_text_file(folder / "file");
  EXPECT_EQ(content, std::string(5000, content.at(0)));
  EXPECT_EQ(entries_of(folder.path()), 1u);
}

TEST(Files, ASymlinkIsReplacedInOneStep) {
  const TemporaryFolder folder;
  replace_symlink(folder / "latest", "step-1");
  EXPECT_EQ(fs::read_symlink(folder / "latest"), "step-1");
  replace_symlink(folder / "latest", "step-2");
  EXPECT_EQ(fs::read_symlink(folder / "latest"), "step-2");
  EXPECT_EQ(entries_of(folder.path()), 1u);
}

// Published XXH3-128 values (xxHash's xxh128sum of an empty file and of the letter a).
TEST(Checksum, IsXxh3Of128Bits) {
  EXPECT_EQ(checksum({}), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(checksum(bytes_of("a")), "a96faf705af16834e6c632b61e964e1f");
}

TEST(Checksum, OfAFileIsThatOfItsBytes) {
  const TemporaryFolder folder;
  std::string content(3'000'001, '\0');  // more than two reads, the last one odd
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * i % 251);
  write_file_synced(folder / "file", content);
  EXPECT_EQ(checksum_of_file(folder / "file"), checksum(bytes_of(content)));
  content[2'000'000] ^= 1;
  EXPECT_NE(checksum_of_file(folder / "file"), checksum(bytes_of(content)));
}

TEST(FileLock, IsHeldByOneAndReleasedWithTheObject) {
  const TemporaryFolder folder;
  const fs::path path = folder / "lock";
  {
    std::optional<FileLock> lock = FileLock::try_acquire(path);
    ASSERT_TRUE(lock);
    EXPECT_FALSE(FileLock::try_acquire(path));
    EXPECT_EQ(FileLock::holder(path), "process " + std::to_string(::getpid()));
    const FileLock moved = std::move(*lock);
    lock.reset();
    EXPECT_FALSE(FileLock::try_acquire(path)) << "moving a lock released it";
  }
  EXPECT_TRUE(FileLock::try_acquire(path));
}

TEST(FileLock, OfADeadProcessIsFree) {
  const TemporaryFolder folder;
  const fs::path path = folder / "lock";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock::try_acquire(path);
    if (lock && ::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char letter = 0;
  ASSERT_EQ(::read(ready[0], &letter, 1), 1);
  EXPECT_FALSE(FileLock::try_acquire(path));
  EXPECT_EQ(FileLock::holder(path), "process " + std::to_string(child));
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(FileLock::try_acquire(path));
  EXPECT_EQ(FileLock::holder(path), "process " + std::to_string(::getpid()));
  ::close(ready[0]);
  ::close(ready[1]);
}

}  // namespace
}  // namespace dbot::core
