#include "dbot/core/files/told_writing.h"

#include <gmock/gmock.h>

#include <vector>

#include "dbot/core/error.h"
#include "tests/core/temporary_folder.h"

namespace dbot::core {
namespace {

using testing::ElementsAre;

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

TEST(ToldWriting, TellsOfLongContentPieceByPiece) {
  const test::TemporaryFolder folder;
  std::string content(40 * kMebibyte, 'a');
  content.back() = 'z';
  std::vector<std::uint64_t> told;
  const OnWritten written = [&](std::uint64_t bytes) { told.push_back(bytes); };
  write_file_atomically(folder / "file", [&](const WriteBytes& write) {
    told_writing(write, written)(std::as_bytes(std::span(content)));
  });
  EXPECT_THAT(told, ElementsAre(16 * kMebibyte, 16 * kMebibyte, 8 * kMebibyte));
  EXPECT_TRUE(read_text_file(folder / "file") == content);
}

TEST(ToldWriting, WithoutAListenerWritesAsItIs) {
  std::size_t calls = 0;
  const WriteBytes count = [&](std::span<const std::byte>) { ++calls; };
  const std::string content(20 * kMebibyte, 'a');
  told_writing(count, {})(std::as_bytes(std::span(content)));
  EXPECT_EQ(calls, 1U);
}

TEST(ToldWriting, WhatItThrowsLeavesTheOldFileAlone) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "file", "old");
  const OnWritten written = [](std::uint64_t) { throw Stopped("stop"); };
  const std::string content = "new";
  EXPECT_THROW(write_file_atomically(folder / "file",
                                     [&](const WriteBytes& write) {
                                       told_writing(write,
                                                    written)(std::as_bytes(std::span(content)));
                                     }),
               Stopped);
  EXPECT_EQ(read_text_file(folder / "file"), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()),
                          std::filesystem::directory_iterator()),
            1);
}

}  // namespace
}  // namespace dbot::core
