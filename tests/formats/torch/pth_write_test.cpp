#include "dbot/formats/torch/pth_write.h"

#include <gmock/gmock.h>
#include <zlib.h>

#include <array>
#include <span>

#include "dbot/core/error.h"
#include "dbot/core/files/files.h"
#include "dbot/formats/torch/pickle_writer.h"
#include "dbot/formats/torch/weights_file.h"
#include "dbot/formats/torch/zip_write.h"
#include "tests/core/temporary_folder.h"
#include "tests/formats/bytes.h"

namespace dbot::formats {
namespace {

using test::TemporaryFolder;
using test_bytes::bytes_of;
using testing::HasSubstr;

std::uint64_t number(const std::string& text, std::size_t place, int size) {
  std::uint64_t value = 0;
  for (int i = size; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(text.at(place + static_cast<std::size_t>(i)));
  }
  return value;
}

TEST(ZipWrite, FilesAreStoredAlignedWithTheirChecksums) {
  const TemporaryFolder folder;
  const std::vector<ZipEntry> entries{{"a", {bytes_of("first "), bytes_of("piece")}},
                                      {"folder/b", {bytes_of("second")}}};
  const std::uint64_t size = write_zip(folder / "z.zip", entries);
  const std::string all = core::read_text_file(folder / "z.zip");
  EXPECT_EQ(all.size(), size);
  for (const std::string content : {"first piece", "second"}) {
    const std::size_t place = all.find(content);
    ASSERT_NE(place, std::string::npos);
    EXPECT_EQ(place % 64, 0U);
  }
  EXPECT_EQ(number(all, 0, 4), 0x04034B50U);
  EXPECT_EQ(number(all, 14, 4), crc32(0, reinterpret_cast<const Bytef*>("first piece"), 11));
  EXPECT_EQ(number(all, 18, 4), 11U);
  // The end record names the directory, whose first record is that of the first file.
  const std::size_t end = all.size() - 22;
  EXPECT_EQ(number(all, end, 4), 0x06054B50U);
  EXPECT_EQ(number(all, end + 10, 2), 2U);
  const std::size_t directory = number(all, end + 16, 4);
  EXPECT_EQ(number(all, directory, 4), 0x02014B50U);
  EXPECT_EQ(directory + number(all, end + 12, 4), end);
}

TEST(ZipWrite, NumbersThatAreTooLargeAreWrittenWith64Bits) {
  const TemporaryFolder folder;
  write_zip(folder / "z.zip", {{"a", {bytes_of("content")}}}, /*largest_number=*/3);
  const std::string all = core::read_text_file(folder / "z.zip");
  EXPECT_EQ(number(all, 18, 4), 0xFFFFFFFFU);
  EXPECT_EQ(number(all, 31, 2), 1U);  // behind the name: the field of 64-bit numbers
  EXPECT_EQ(number(all, 35, 8), 7U);
  EXPECT_EQ(number(all, 43, 8), 7U);
  const std::size_t locator = all.size() - 22 - 20;
  EXPECT_EQ(number(all, locator, 4), 0x07064B50U);
  const std::size_t wide_end = number(all, locator + 8, 8);
  EXPECT_EQ(number(all, wide_end, 4), 0x06064B50U);
  EXPECT_EQ(number(all, wide_end + 32, 8), 1U);
  EXPECT_EQ(number(all, number(all, wide_end + 48, 8), 4), 0x02014B50U);
}

TEST(PickleWriter, WritesTheOperationsOfProtocol2) {
  PickleWriter pickle;
  pickle.empty_dictionary();
  pickle.begin_items();
  pickle.text("k");
  pickle.integer(-2);
  pickle.text("l");
  pickle.integer(std::int64_t{1} << 40);
  pickle.end_items();
  const std::string expected(
      "\x80\x02}(X\x01\0\0\0kJ\xFE\xFF\xFF\xFFX\x01\0\0\0l\x8A\x08\0\0\0\0\0\x01\0\0u.", 33);
  EXPECT_EQ(pickle.take(), expected);
}

std::array<TensorBytes, 2> two_tensors() {
  static constexpr std::array<float, 6> values{1, 2, 3, 4, 5, 6};
  const auto data = std::as_bytes(std::span(values));
  return {TensorBytes{"m", ElementType::float32, {2, 3}, data},
          TensorBytes{"s", ElementType::float32, {}, data.first(4)}};
}

TEST(PthWrite, EqualTensorsGiveEqualBytes) {
  const TemporaryFolder folder;
  write_pth(folder / "a.pth", two_tensors(), "model");
  write_pth(folder / "other.pth", two_tensors(), "model");
  const std::string all = core::read_text_file(folder / "a.pth");
  EXPECT_EQ(all, core::read_text_file(folder / "other.pth"));
  for (const char* part :
       {"archive/data.pkl", "archive/data/1", "archive/version", "archive/byteorder",
        "torch._utils\n_rebuild_tensor_v2\n", "torch\nFloatStorage\n", "model"}) {
    EXPECT_THAT(all, HasSubstr(part));
  }
}

TEST(PthWrite, AttributesAreReadAgain) {
  const TemporaryFolder folder;
  for (const char* root : {"", "model"}) {
    write_pth(folder / "a.pth", two_tensors(), root, {{"dbot.config", "{}"}, {"dbot.note", "n"}});
    const auto metadata = WeightsFile::open(folder / "a.pth").metadata();
    EXPECT_THAT(metadata, testing::ElementsAre(testing::Pair("dbot.config", "{}"),
                                               testing::Pair("dbot.note", "n")))
        << root;
  }
}

TEST(PthWrite, RefusesWhatPyTorchHasNoStorageFor) {
  const TemporaryFolder folder;
  auto tensors = two_tensors();
  tensors[1].type = ElementType::uint32;
  try {
    write_pth(folder / "a.pth", tensors);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("s has elements of type U32"));
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "a.pth"));
}

}  // namespace
}  // namespace dbot::formats
