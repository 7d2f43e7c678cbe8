#include "dbot/data/sources/binary/idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <numeric>

#include "tests/core/temporary_folder.h"
#include "tests/data/fixtures.h"
#include "tests/data/sources/idx_writer.h"

namespace dbot::data {
namespace {

using test::idx_bytes;
using test::message_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Idx : public ::testing::Test {
 protected:
  std::filesystem::path put(std::span<const std::uint8_t> bytes) {
    test::write_bytes(folder_ / "file", bytes);
    return folder_ / "file";
  }
  std::string refusal(std::span<const std::uint8_t> bytes) {
    const auto path = put(bytes);
    return message_of<DataError>([&] { read_idx(path); });
  }
  test::TemporaryFolder folder_;
};

TEST_F(Idx, ReadsPlainAndPackedFilesAlike) {
  const auto bytes = idx_bytes({2, 3, 4});
  const auto plain = read_idx(put(bytes));
  EXPECT_THAT(plain.shape, ElementsAre(2, 3, 4));
  ASSERT_EQ(plain.values.size(), 24U);
  EXPECT_EQ(plain.values[23], 23);
  test::write_gzip(folder_ / "packed.gz", bytes);
  const auto packed = read_idx(folder_ / "packed.gz");
  EXPECT_EQ(packed.shape, plain.shape);
  EXPECT_EQ(packed.values, plain.values);
}

TEST_F(Idx, EveryTruncationIsAnError) {
  const auto bytes = idx_bytes({2, 3, 4});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THAT(refusal(std::span(bytes).first(length)),
                HasSubstr("[data] " + folder_.path().string()))
        << length;
  }
  test::write_gzip(folder_ / "packed.gz", bytes);
  const auto packed = test::bytes_of(folder_ / "packed.gz");
  for (std::size_t length = 0; length < packed.size(); ++length) {
    EXPECT_THAT(refusal(std::span(packed).first(length)), HasSubstr("[data] ")) << length;
  }
}

TEST_F(Idx, SizesAreHeldAgainstTheFileBeforeMemoryIsTaken) {
  auto bytes = idx_bytes({2, 3, 4});
  for (std::size_t place = 4; place < 16; ++place) bytes[place] = 0xFF;
  EXPECT_THAT(refusal(bytes), HasSubstr("too short for its shape"));
  test::write_gzip(folder_ / "packed.gz", bytes);
  EXPECT_THAT(message_of<DataError>([&] { read_idx(folder_ / "packed.gz"); }),
              HasSubstr("too short for its shape"));
}

TEST_F(Idx, MoreContentThanAnnouncedIsAnError) {
  auto bytes = idx_bytes({2, 3, 4});
  bytes.push_back(0);
  EXPECT_THAT(refusal(bytes), HasSubstr("goes on after the 24 values"));
}

TEST_F(Idx, OtherElementTypesAndFilesAreNamed) {
  auto bytes = idx_bytes({2, 3, 4});
  bytes[2] = 0x0D;
  EXPECT_THAT(refusal(bytes), HasSubstr("element type 0x0d"));
  bytes[2] = 0x03;
  EXPECT_THAT(refusal(bytes), HasSubstr("is not an IDX file"));
  EXPECT_FALSE(is_idx_file(put(bytes)));
  EXPECT_TRUE(is_idx_file(put(idx_bytes({1}))));
  EXPECT_FALSE(is_idx_file(folder_ / "absent"));
  EXPECT_THROW(read_idx(folder_ / "absent"), DataError);
}

}  // namespace
}  // namespace dbot::data
