#include "dbot/formats/torch/zip_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "dbot/core/error.h"
#include "tests/formats/writer/torch_writer.h"

namespace dbot::formats {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using writer::number;

std::string content_of(const std::string& file, std::string_view name) {
  const ZipFile zip = ZipFile::read(std::as_bytes(std::span(file)));
  const ZipContent content = zip.content(name);
  check_content(content, name);
  return {reinterpret_cast<const char*>(content.bytes.data()), content.bytes.size()};
}

std::string zip_refusal(const std::string& file, std::string_view name = "a") {
  try {
    content_of(file, name);
  } catch (const DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ZipFile, ReadsStoredEntries) {
  const std::string file = writer::zip({{"a", "first"}, {"folder/b", ""}}, "a comment");
  EXPECT_THAT(ZipFile::read(std::as_bytes(std::span(file))).names(), ElementsAre("a", "folder/b"));
  EXPECT_EQ(content_of(file, "a"), "first");
  EXPECT_EQ(content_of(file, "folder/b"), "");
  EXPECT_THAT(zip_refusal(file, "c"), HasSubstr("it has no \"c\""));
}

/// The file with the end of its directory in 64 bits; of the ordinary end, what `marked` names says
/// "see there".
std::string with_end_of_64_bits(const std::string& file, const std::string& marked) {
  const std::size_t end = file.size() - 22;
  const std::string entries = file.substr(end + 10, 2), size = file.substr(end + 12, 4),
                    begin = file.substr(end + 16, 4);
  const std::string end64 = "PK\x06\x06" + number(44, 8) + number(0, 12) + entries + number(0, 6) +
                            entries + number(0, 6) + size + number(0, 4) + begin + number(0, 4);
  const std::string locator = "PK\x06\x07" + number(0, 4) + number(end, 8) + number(1, 4);
  const auto says = [&](const char* what, const std::string& value) {
    return marked.find(what) == std::string::npos ? value : std::string(value.size(), '\xff');
  };
  return file.substr(0, end) + end64 + locator + "PK\x05\x06" + number(0, 4) +
         says("entries", entries) + says("entries", entries) + says("size", size) +
         says("begin", begin) + number(0, 2);
}

TEST(ZipFile, ReadsSizesOf64Bits) {
  const std::string file = writer::zip({{"b", "x"}, {"a", "large", 0, 0, true}});
  EXPECT_EQ(content_of(file, "a"), "large");
  for (const char* marked : {"entries size begin", "entries", "size", "begin"}) {
    const std::string far = with_end_of_64_bits(file, marked);
    EXPECT_EQ(content_of(far, "a"), "large") << marked;
    EXPECT_EQ(content_of(far, "b"), "x") << marked;
    std::string outside = far;
    outside.replace(outside.find("PK\x06\x07") + 8, 8, number(~std::uint64_t{0}, 8));
    EXPECT_THAT(zip_refusal(outside), HasSubstr("outside the file")) << marked;
  }
  // Nothing says that the end of 64 bits is to be looked at, so it is not.
  std::string ordinary = with_end_of_64_bits(file, "");
  ordinary.replace(ordinary.find("PK\x06\x07") + 8, 8, number(~std::uint64_t{0}, 8));
  EXPECT_EQ(content_of(ordinary, "b"), "x");
}

TEST(ZipFile, RefusesWhatItCannotRead) {
  EXPECT_THAT(zip_refusal(writer::zip({{"a", "x", 8}})), HasSubstr("compressed"));
  EXPECT_THAT(zip_refusal(writer::zip({{"a", "x", 0, 1}})), HasSubstr("encrypted"));
  EXPECT_THAT(zip_refusal(writer::zip({{"a", "x"}, {"a", "y"}})),
              HasSubstr("the entry \"a\" twice"));
  EXPECT_THAT(zip_refusal(""), HasSubstr("too short"));
  EXPECT_THAT(zip_refusal(std::string(100, 'x')), HasSubstr("no end of a zip directory"));
}

TEST(ZipFile, FindsDamage) {
  std::string file = writer::zip({{"a", "content"}});
  file[file.find("content")] = 'C';
  EXPECT_THAT(zip_refusal(file), HasSubstr("is damaged"));
}

/// The file with a number changed that stands so many bytes behind the first "PK\1\2".
std::string changed(std::string file, std::size_t place, std::uint64_t value, unsigned bytes) {
  return file.replace(file.find("PK\x01\x02") + place, bytes, number(value, bytes));
}

TEST(ZipFile, RefusesSizesAndPlacesThatAreNotTrue) {
  const std::string file = writer::zip({{"a", "content"}, {"b", "more"}});
  EXPECT_THAT(zip_refusal(changed(changed(file, 20, 1000000, 4), 24, 1000000, 4)),
              HasSubstr("does not fit"));
  EXPECT_THAT(zip_refusal(changed(file, 24, 3, 4)), HasSubstr("stored in 7 bytes, expected 3"));
  EXPECT_THAT(zip_refusal(changed(file, 42, 0x7FFFFFFF, 4)), HasSubstr("outside the file"));
  EXPECT_THAT(zip_refusal(changed(file, 42, 1, 4)), HasSubstr("not where it should be"));
  // The second entry's header: its name is another one.
  EXPECT_THAT(zip_refusal(changed(file, 42, file.find("PK\x03\x04", 4), 4)),
              HasSubstr("another name"));
  // The first entry takes in the second.
  EXPECT_THAT(zip_refusal(changed(changed(file, 20, 20, 4), 24, 20, 4)), HasSubstr("overlap"));
  const std::size_t end = file.size() - 22;
  std::string many = file;
  many.replace(end + 10, 2, number(60000, 2));
  EXPECT_THAT(zip_refusal(many), HasSubstr("announces 60000 entries"));
  std::string far = file;
  far.replace(end + 16, 4, number(0x7FFFFFFF, 4));
  EXPECT_THAT(zip_refusal(far), HasSubstr("outside the file"));
}

TEST(ZipFile, EveryBeginningIsRefused) {
  const std::string file = writer::zip({{"a", "content"}, {"b", "x", 0, 0, true}});
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_NE(zip_refusal(file.substr(0, size)), "accepted") << size;
  }
}

TEST(ZipFile, EveryChangedByteIsReadOrRefused) {
  const std::string file = writer::zip({{"a", "content"}, {"b", "x", 0, 0, true}});
  for (std::size_t place = 0; place < file.size(); ++place) {
    for (const char value : {'\0', '\x7f', '\xff'}) {
      std::string other = file;
      other[place] = value;
      if (zip_refusal(other) == "accepted") {
        EXPECT_EQ(content_of(other, "a"), "content") << place;
      }
    }
  }
}

}  // namespace
}  // namespace dbot::formats
