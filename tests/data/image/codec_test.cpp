#include "dbot/data/image/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <ios>

#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

using test::bytes_of;
using test::fixtures;
using test::message_of;
using ::testing::AllOf;
using ::testing::HasSubstr;

Image decode(std::span<const std::uint8_t> bytes, int channels = 3) {
  return decode_image(bytes, channels, "some/file");
}

long peak_memory_kilobytes() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

std::string refusal(std::span<const std::uint8_t> bytes) {
  return message_of<DataError>([&] { decode(bytes); });
}

TEST(Codec, PixelsEqualPillowsForEveryColourTypeInGreyAndRgb) {
  int cases = 0;
  for (auto& row : test::table("decoded.txt")) {
    std::string file, first;
    int channels = 0, height = 0, width = 0;
    std::uint64_t expected = 0;
    row >> file >> channels >> height >> width >> first >> std::hex >> expected;
    SCOPED_TRACE(file + " as " + std::to_string(channels));
    const auto image = decode(bytes_of(fixtures() / file), channels);
    EXPECT_EQ(image.height, height);
    EXPECT_EQ(image.width, width);
    EXPECT_EQ(image.channels, channels);
    EXPECT_EQ(test::fingerprint(image.pixels), expected) << "first pixels should be " << first;
    ++cases;
  }
  EXPECT_EQ(cases, 26);
}

TEST(Codec, SixteenBitGreyKeepsTheUpperByte) {
  const auto image = decode(bytes_of(fixtures() / "grey16.png"), 1);
  EXPECT_THAT(std::vector<int>(image.pixels.begin(), image.pixels.begin() + 6),
              ::testing::ElementsAre(123, 202, 160, 167, 18, 253));
}

TEST(Codec, EveryTruncationIsAnErrorThatNamesTheFile) {
  for (const char* file : {"rgb_420.jpg", "rgb_444_progressive.jpg", "grey.jpg", "rgb.png",
                           "palette.png", "interlaced.png"}) {
    const auto whole = bytes_of(fixtures() / file);
    // Without its end mark alone a JPEG is whole (SoundKinds).
    const std::size_t mark = std::string_view(file).ends_with(".jpg") ? 2 : 0;
    for (std::size_t length = 1; length + mark < whole.size(); ++length) {
      const auto message = refusal(std::span(whole).first(length));
      ASSERT_THAT(message, HasSubstr("[data] some/file: ")) << file << " cut to " << length;
    }
  }
}

TEST(Codec, FlippedBitsNeverCrash) {
  for (const char* file : {"rgb_420.jpg", "rgb_444_progressive.jpg", "cmyk.jpg", "rgb.png",
                           "palette_transparent.png", "interlaced.png", "rgb16.png"}) {
    const auto whole = bytes_of(fixtures() / file);
    for (std::size_t place = 0; place < whole.size(); ++place) {
      auto bytes = whole;
      bytes[place] ^= static_cast<std::uint8_t>(1U << (place % 8));
      try {
        const auto image = decode(bytes);
        EXPECT_EQ(image.pixels.size(), image.row_bytes() * image.height);
      } catch (const DataError&) {
      }
    }
  }
}

TEST(Codec, EmptyAndForeignContentIsNamed) {
  EXPECT_EQ(refusal({}), "[data] some/file: is empty");
  const auto of_text = [](const std::string& junk) {
    return refusal({reinterpret_cast<const std::uint8_t*>(junk.data()), junk.size()});
  };
  EXPECT_EQ(of_text("GIF89a and more"),
            "[data] some/file: is a GIF image, which is not read; it may well be sound: convert it "
            "to JPEG, PNG or TIFF");
  EXPECT_EQ(of_text("a text"),
            "[data] some/file: is not an image of a known kind (JPEG, PNG, WebP, TIFF, BMP, PNM, "
            "npy), but text");
}

TEST(Codec, AnImplausibleSizeIsRefusedBeforeMemoryIsTaken) {
  auto jpeg = bytes_of(fixtures() / "grey.jpg");
  for (std::size_t place = 0; place + 8 < jpeg.size(); ++place) {
    if (jpeg[place] != 0xFF || jpeg[place + 1] != 0xC0) continue;  // start of frame
    for (const std::size_t byte : {5U, 6U, 7U, 8U}) jpeg[place + byte] = 0xFF;
    break;
  }
  EXPECT_THAT(refusal(jpeg), HasSubstr("65"));
  EXPECT_THROW(check_image_size(1U << 16, 1U << 16, "x"), DataError);
  EXPECT_THROW(check_image_size(0, 5, "x"), DataError);
  EXPECT_NO_THROW(check_image_size(1U << 14, 1U << 14, "x"));
  EXPECT_THAT(message_of<DataError>([] { check_image_size(1U << 31, 1U << 31, "bomb.png"); }),
              AllOf(HasSubstr("bomb.png"), HasSubstr("2147483648x2147483648")));
}

TEST(Codec, ATextThatClaimsAGigabyteIsRefusedBeforeMemoryIsTaken) {
  auto png = bytes_of(fixtures() / "rgb.png");
  const std::string_view chunk("\x40\0\0\0zTXt", 8);
  png.insert(png.begin() + 33, chunk.begin(), chunk.end());  // behind the header's chunk
  const long before = peak_memory_kilobytes();
  EXPECT_THAT(refusal(png), HasSubstr("ends too early"));
  EXPECT_LT(peak_memory_kilobytes() - before, 1 << 17);
}

TEST(Codec, OtherChannelCountsAreOfTheFile) {
  const auto bytes = bytes_of(fixtures() / "rgb.png");
  EXPECT_THROW(decode(bytes, 2), DataError);
  EXPECT_THROW(decode(bytes, 4), DataError);
}

TEST(Codec, CandidatesAreKnownByExtensionInAnyCase) {
  for (const char* name : {"a.jpg", "a.JPEG", "b.c.Png", "x.jpe", "a.webp", "a.TIFF", "a.tif",
                           "a.bmp", "a.ppm", "a.npy"}) {
    EXPECT_TRUE(has_image_extension(name)) << name;
  }
  for (const char* name : {"jpg", "a.gif", "a.jpg.txt", "a.", ""}) {
    EXPECT_FALSE(has_image_extension(name)) << name;
  }
}

}  // namespace
}  // namespace dbot::data
