#include "dbot/formats/tar_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "dbot/core/error.h"
#include "tests/formats/writer/tar_writer.h"

namespace dbot::formats {
namespace {

using test::TarWriter;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TarReader reader_of(const std::string& archive) {
  return {[&archive](std::uint64_t offset, std::span<std::byte> bytes) {
            std::memcpy(bytes.data(), archive.data() + offset, bytes.size());
            return bytes.size();
          },
          archive.size()};
}

/// Names and contents.
std::vector<std::pair<std::string, std::string>> tar_members(const std::string& archive) {
  std::vector<std::pair<std::string, std::string>> all;
  auto reader = reader_of(archive);
  while (const auto member = reader.next()) {
    all.emplace_back(member->name, archive.substr(member->offset, member->size));
  }
  return all;
}

std::string tar_refusal(const std::string& archive) {
  try {
    tar_members(archive);
  } catch (const DataError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(TarReader, GivesRegularFilesInOrder) {
  TarWriter tar;
  tar.add("folder/", "", '5');
  tar.add("folder/a", "alpha");
  tar.add("empty", "");
  tar.add("old", std::string(513, 'x'), '\0');
  EXPECT_THAT(tar_members(tar.finish()), ElementsAre(Pair("folder/a", "alpha"), Pair("empty", ""),
                                                     Pair("old", std::string(513, 'x'))));
}

TEST(TarReader, LongNamesOfEveryConvention) {
  const std::string folder(140, 'd'), longer(300, 'n');
  TarWriter tar;
  tar.add_with_prefix(folder, "short", "1");
  tar.add("././@LongLink", longer + '\0', 'L');
  tar.add("cut", "2");
  tar.add("pax", test::pax_record("path", longer) + test::pax_record("mtime", "1.5"), 'x');
  tar.add("cut", "3");
  tar.add("after", "4");
  EXPECT_THAT(tar_members(tar.finish()),
              ElementsAre(Pair(folder + "/short", "1"), Pair(longer, "2"), Pair(longer, "3"),
                          Pair("after", "4")));
}

TEST(TarReader, SizesBeyondOctalDigits) {
  TarWriter tar;
  tar.add("pax", test::pax_record("size", "5"), 'x');
  tar.add("a", "alpha", '0', 0);
  tar.add("b", "beta");
  tar.make_last_size_binary();
  EXPECT_THAT(tar_members(tar.finish()), ElementsAre(Pair("a", "alpha"), Pair("b", "beta")));
}

TEST(TarReader, SizesWithSpacesBefore) {
  TarWriter tar;
  tar.add("padded", "twelve bytes");
  tar.pad_last_size_with_spaces();
  tar.add("next", "!");
  EXPECT_THAT(tar_members(tar.finish()),
              ElementsAre(Pair("padded", "twelve bytes"), Pair("next", "!")));
}

TEST(TarReader, LinksDevicesAndGlobalAttributesArePassedOver) {
  TarWriter tar;
  tar.add("g", test::pax_record("comment", "x"), 'g');
  tar.add("soft", "", '2');
  tar.add("hard", "", '1', 5);  // the size is that of the file it is a link to
  tar.add("device", "", '3');
  tar.add("a", "alpha");
  const std::string archive = tar.finish();
  EXPECT_THAT(tar_members(archive), ElementsAre(Pair("a", "alpha")));
  auto reader = reader_of(archive);
  while (reader.next()) {
  }
  EXPECT_EQ(reader.links(), 2);
  EXPECT_TRUE(reader.ended_by_mark());
}

TEST(TarReader, ACutArchiveNamesTheMember) {
  TarWriter tar;
  tar.add("a", "alpha");
  tar.add("folder/b", std::string(1000, 'b'));
  const std::string whole = tar.finish();
  EXPECT_THAT(tar_refusal(whole.substr(0, 2000)),
              HasSubstr("is cut short in folder/b: it has 1000 bytes, 464 are left"));
  EXPECT_THAT(tar_refusal(whole.substr(0, 1300)), HasSubstr("is cut short in the header after a"));
  EXPECT_THAT(tar_refusal(whole.substr(0, 300)), HasSubstr("is cut short in its first header"));
  // Between two members a cut cannot be told from the end; the missing mark can.
  const std::string first = whole.substr(0, 1024);
  auto reader = reader_of(first);
  ASSERT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.ended_by_mark());
}

/// Names, and in which archive they lie.
std::vector<std::pair<std::string, std::int64_t>> archives_of(const std::string& bytes,
                                                              std::uint64_t& unread) {
  std::vector<std::pair<std::string, std::int64_t>> all;
  auto reader = reader_of(bytes);
  while (const auto member = reader.next()) all.emplace_back(member->name, member->archive);
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.ended_by_mark());
  unread = reader.unread_bytes();
  return all;
}

TEST(TarReader, ArchivesOneBehindTheOtherAreAllRead) {
  TarWriter first, second;
  first.add("a", "alpha");
  second.add("a", "another");
  second.add("b", "beta");
  const std::string padding(8192, '\0');
  std::uint64_t unread = 1;
  EXPECT_THAT(archives_of(first.finish() + padding + second.finish() + second.finish(), unread),
              ElementsAre(Pair("a", 0), Pair("a", 1), Pair("b", 1), Pair("a", 2), Pair("b", 2)));
  EXPECT_EQ(unread, 0U);
  EXPECT_THAT(archives_of(first.finish() + padding, unread), ElementsAre(Pair("a", 0)));
  EXPECT_EQ(unread, 0U);
}

TEST(TarReader, WhatIsNoArchiveBehindTheMarkIsCounted) {
  TarWriter tar;
  tar.add("a", "alpha");
  std::uint64_t unread = 0;
  for (const std::size_t bytes : {700U, 40U}) {
    archives_of(tar.finish() + std::string(512, '\0') + std::string(bytes, 'x'), unread);
    EXPECT_EQ(unread, bytes);
  }
}

TEST(TarReader, DamageIsRefused) {
  TarWriter tar;
  tar.add("a", "alpha");
  tar.add("b", "beta");
  std::string archive = tar.finish();
  archive[1024 + 3] = '!';
  EXPECT_THAT(tar_refusal(archive), HasSubstr("no sound header at byte 1024, after a"));
  EXPECT_THAT(tar_refusal(std::string(2000, 'x')), HasSubstr("is no tar archive, or damaged"));
}

TEST(TarReader, SparseMembersVolumesAndBrokenAttributesAreRefused) {
  const auto with = [](const std::string& content, char type) {
    TarWriter tar;
    tar.add("odd", content, type);
    tar.add("a", "alpha");
    return tar_refusal(tar.finish());
  };
  EXPECT_THAT(with("", 'S'), HasSubstr("odd is sparse"));
  EXPECT_THAT(with("", 'M'), HasSubstr("odd goes on from another volume"));
  EXPECT_THAT(with(test::pax_record("GNU.sparse.major", "1"), 'x'), HasSubstr("sparse"));
  EXPECT_THAT(with("99 path=a\n", 'x'), HasSubstr("attributes that are not sound"));
  EXPECT_THAT(with(test::pax_record("size", "-1"), 'x'), HasSubstr("size \"-1\""));
  EXPECT_THAT(with(test::pax_record("size", "99999999999999999999"), 'x'), HasSubstr("of size"));
  EXPECT_THAT(with(test::pax_record("size", "9223372036854775807"), 'x'),
              HasSubstr("cut short in a"));
  EXPECT_THAT(with(std::string((1 << 20) + 1, 'x'), 'L'), HasSubstr("bytes of attributes"));
}

}  // namespace
}  // namespace dbot::formats
