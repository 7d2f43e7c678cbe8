#include "dbot/formats/event_file.h"

#include <gmock/gmock.h>

#include <fstream>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "tests/core/temporary_folder.h"
#include "tests/formats/bytes.h"

namespace dbot::formats {
namespace {

using test::TemporaryFolder;
using test_bytes::bytes;

TEST(EventFile, ChecksumIsThatOfTheStandard) {
  // RFC 3720, B.4.
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
}

TEST(EventFile, FramesARecord) {
  const std::string record = framed_record("abc");
  ASSERT_EQ(record.size(), 8U + 4 + 3 + 4);
  EXPECT_EQ(record.substr(0, 8), bytes({3, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(record.substr(12, 3), "abc");
}

TEST(EventFile, WritesTheWireFormat) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "events";
  {
    EventFile file(path, 1.0);
    file.restart(7, 1.0);
    file.add(300, 1.0, std::vector<EventScalar>{{"a/b", 0.5F}});
  }
  const std::string time = bytes({0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F});  // field 1, double 1.0
  const std::string head = time + bytes({0x1A, 13}) + "brain.Event:2";
  const std::string restart = time + bytes({0x10, 7, 0x3A, 2, 0x08, 1});
  const std::string value = bytes({0x0A, 3}) + "a/b" + bytes({0x15, 0, 0, 0, 0x3F});
  const std::string scalar = time + bytes({0x10, 0xAC, 0x02, 0x2A, 12, 0x0A, 10}) + value;
  EXPECT_EQ(core::read_text_file(path),
            framed_record(head) + framed_record(restart) + framed_record(scalar));
}

TEST(EventFile, RefusesAFileThatExists) {
  const TemporaryFolder folder;
  const EventFile file(folder.path() / "events", 1.0);
  EXPECT_THROW(EventFile(folder.path() / "events", 1.0), Error);
}

TEST(EventFile, NamesSortBehindAllThatAreThere) {
  const TemporaryFolder folder;
  const auto first = next_event_path(folder.path(), 1700000000.7);
  EXPECT_EQ(first.filename(), "events.out.tfevents.1700000000.dbot");
  std::ofstream(first) << "x";
  // A clock that was set back.
  EXPECT_EQ(next_event_path(folder.path(), 5).filename(), "events.out.tfevents.1700000001.dbot");
  std::ofstream(folder.path() / "events.out.tfevents.9223372036854775807.host") << "x";
  EXPECT_EQ(next_event_path(folder.path(), 5).filename(), "events.out.tfevents.1700000001.dbot");
  EXPECT_EQ(next_event_path(folder.path() / "none", 5).filename(),
            "events.out.tfevents.0000000005.dbot");
}

}  // namespace
}  // namespace dbot::formats
