// Every kind of image file that is read, and what is refused of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ios>

#include "dbot/data/image/codec.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

using test::bytes_of;
using test::message_of;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::filesystem::path codecs() {
  return test::fixtures() / "codecs";
}

/// The files of the folder, each once.
std::vector<std::filesystem::path> files() {
  std::vector<std::filesystem::path> all;
  for (const auto& entry : std::filesystem::directory_iterator(codecs())) {
    if (entry.path().extension() != ".txt") all.push_back(entry.path());
  }
  return all;
}

TEST(CodecKinds, PixelsAreThoseOfTheTable) {
  int cases = 0;
  for (auto& row : test::table("codecs/decoded.txt")) {
    std::string file, first;
    int channels = 0, height = 0, width = 0;
    std::uint64_t expected = 0;
    row >> file >> channels >> height >> width >> first >> std::hex >> expected;
    SCOPED_TRACE(file + " as " + std::to_string(channels));
    const auto image = decode_image(bytes_of(codecs() / file), channels, file);
    EXPECT_EQ(image.height, height);
    EXPECT_EQ(image.width, width);
    EXPECT_EQ(image.channels, channels);
    EXPECT_EQ(test::fingerprint(image.pixels), expected) << "first pixels should be " << first;
    ++cases;
  }
  EXPECT_EQ(cases, 90);
}

/// TIFF may end with what its pixels do not need: then they are the same.
TEST(CodecKinds, EveryTruncationThatTouchesPixelsIsAnErrorThatNamesTheFile) {
  for (const auto& file : files()) {
    const auto whole = bytes_of(file);
    const int channels =
        file.stem().string().starts_with("five") || file.stem() == "planes" ? 5 : 3;
    const std::size_t step = std::max<std::size_t>(1, whole.size() / 200);
    for (std::size_t length = 1; length < whole.size(); length += step) {
      Image image;
      const auto message = message_of<DataError>(
          [&] { image = decode_image(std::span(whole).first(length), channels, "some/file"); });
      const bool no_end_mark = file.extension() == ".jpg" && length + 2 >= whole.size();
      if ((file.extension() == ".tif" || no_end_mark) && !image.pixels.empty()) {
        ASSERT_EQ(image.pixels, decode_image(whole, channels, "some/file").pixels) << file;
        continue;
      }
      ASSERT_THAT(message, StartsWith("[data] some/file: ")) << file << " cut to " << length;
    }
  }
}

TEST(CodecKinds, FlippedBitsNeverCrash) {
  for (const auto& file : files()) {
    const auto whole = bytes_of(file);
    const std::size_t step = std::max<std::size_t>(1, whole.size() / 300);
    for (std::size_t place = 0; place < whole.size(); place += place < 200 ? 1 : step) {
      auto bytes = whole;
      bytes[place] ^= static_cast<std::uint8_t>(1U << (place % 8));
      try {
        const auto image = decode_image(bytes, 3, "some/file");
        EXPECT_EQ(image.pixels.size(), image.row_bytes() * image.height);
      } catch (const DataError&) {
      }
    }
  }
}

TEST(CodecKinds, OtherNumbersOfChannelsAreNamed) {
  const auto as = [](const char* file, int channels) {
    return message_of<Error>([&] { decode_image(bytes_of(codecs() / file), channels, "x"); });
  };
  EXPECT_THAT(as("five16.tif", 3), HasSubstr("has 5 channels, expected model.channels = 3"));
  EXPECT_THAT(as("planes.npy", 4), HasSubstr("expected model.channels = 4"));
  EXPECT_THAT(as("lossy.webp", 5), HasSubstr("expected model.channels = 5"));
}

TEST(CodecKinds, ClaimsOfAHugeSizeAreRefusedBeforeMemoryIsTaken) {
  auto bmp = bytes_of(codecs() / "rgb.bmp");
  for (const std::size_t place : {19U, 20U, 23U, 24U}) bmp[place] = 0xFF;  // width and height
  EXPECT_THAT(message_of<DataError>([&] { decode_image(bmp, 3, "x"); }), HasSubstr("claims"));
  const std::string pnm = "P6 100000 100000 255\n ";
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(pnm.data()), pnm.size());
  EXPECT_THAT(message_of<DataError>([&] { decode_image(bytes, 3, "x"); }), HasSubstr("claims"));
  const std::string small = "P6 9999 9999 255\n ";
  const std::span cut(reinterpret_cast<const std::uint8_t*>(small.data()), small.size());
  EXPECT_THAT(message_of<DataError>([&] { decode_image(cut, 3, "x"); }), HasSubstr("too early"));
}

}  // namespace
}  // namespace dbot::data
