// Images that are broken in every way that files break.
#include <gmock/gmock.h>
#include <zlib.h>

#include <sys/resource.h>

#include <set>
#include <string>

#include "dbot/core/error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/image_reader.h"
#include "tests/data/audit/picture_files.h"
#include "tests/data/fixtures.h"

namespace dbot::data {
namespace {

using Bytes = std::vector<std::uint8_t>;
using test::bytes_of;
using test::message_of;
using testing::HasSubstr;
using testing::StartsWith;

std::filesystem::path fixture(const std::string& name) {
  return test::fixtures() / "codecs" / name;
}

/// Where the segments of a JPEG begin, up to its end: markers outside entropy-coded data.
std::vector<std::size_t> markers(const Bytes& jpeg) {
  std::vector<std::size_t> places{0};
  for (std::size_t i = 2; i + 1 < jpeg.size();) {
    if (jpeg[i] != 0xFF || jpeg[i + 1] == 0 || jpeg[i + 1] == 0xFF) {
      ++i;  // inside a scan
      continue;
    }
    places.push_back(i);
    const bool alone = jpeg[i + 1] >= 0xD0 && jpeg[i + 1] <= 0xD9;
    i += alone ? 2 : 2 + (std::size_t{jpeg[i + 2]} << 8 | jpeg[i + 3]);
  }
  return places;
}

TEST(BrokenImages, JpegsCutAtEachMarkerAndAroundItAreRefused) {
  for (const char* name : {"photo_420.jpg", "photo_444.jpg", "photo_progressive.jpg",
                           "photo_grey.jpg", "cmyk_large.jpg", "exif_6.jpg"}) {
    const Bytes whole = bytes_of(fixture(name));
    const auto places = markers(whole);
    EXPECT_GE(places.size(), 5U) << name;
    for (const std::size_t place : places) {
      for (const std::size_t more : {0U, 1U, 2U, 3U, 4U, 9U}) {
        // Without the end mark alone it is whole (SoundKinds).
        const auto length = std::min(place + more, whole.size() - 3);
        EXPECT_THAT(
            message_of<DataError>([&] { decode_image(std::span(whole).first(length), 3, "x"); }),
            StartsWith("[data] x: "))
            << name << " cut to " << length;
      }
    }
  }
}

/// A server that ends early, and a tool that then puts the end's marker in place.
TEST(BrokenImages, CutJpegsWithAnEndPutBehindThemAreRefused) {
  for (const char* name : {"photo_420.jpg", "photo_444.jpg", "photo_grey.jpg"}) {
    const Bytes whole = bytes_of(fixture(name));
    for (const double share : {0.5, 0.7, 0.9}) {
      Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(
                                                   share * static_cast<double>(whole.size())));
      cut.insert(cut.end(), {0xFF, 0xD9});
      EXPECT_THAT(message_of<DataError>([&] { decode_image(cut, 3, "x"); }),
                  StartsWith("[data] x: "))
          << name << " cut to " << share;
    }
  }
}

TEST(BrokenImages, TheLongestSideThatJpegHasIsRead) {
  const Image line = test::with_size(test::scene(4, 512, 1), 1, 65500);
  const Image image = decode_image(test::jpeg_of(line), 3, "x");
  EXPECT_EQ(image.width, 65500);
  // 65535 is what the header can say; libjpeg writes no more than 65500.
  Bytes longest = test::jpeg_of(line);
  for (std::size_t i = 2; i + 8 < longest.size(); ++i) {
    if (longest[i] == 0xFF && longest[i + 1] == 0xC0) {
      longest[i + 7] = longest[i + 8] = 0xFF;
      break;
    }
  }
  EXPECT_THAT(message_of<DataError>([&] { decode_image(longest, 3, "x"); }),
              StartsWith("[data] x: broken JPEG"));
}

/// In the order of a PNG: the highest byte first.
void append(std::string& bytes, std::uint32_t number) {
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<char>(number >> shift));
}

std::string png_chunk(const std::string& type, const std::string& content) {
  std::string chunk;
  append(chunk, static_cast<std::uint32_t>(content.size()));
  chunk += type + content;
  const auto* checked = reinterpret_cast<const Bytef*>(chunk.data()) + 4;
  append(chunk,
         static_cast<std::uint32_t>(crc32(0, checked, static_cast<unsigned>(chunk.size() - 4))));
  return chunk;
}

/// A PNG that claims a size and holds `zeros` compressed zeros.
Bytes png_bomb(std::uint32_t width, std::size_t zeros) {
  std::string header;
  append(header, width);
  append(header, width);
  header += {8, 2, 0, 0, 0};  // 8 bits, RGB
  const Bytes plain(zeros);
  uLongf size = compressBound(static_cast<uLong>(zeros));
  Bytes packed(size);
  compress(packed.data(), &size, plain.data(), static_cast<uLong>(zeros));
  const std::string png =
      "\x89PNG\r\n\x1A\n" + png_chunk("IHDR", header) +
      png_chunk("IDAT", {packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size)}) +
      png_chunk("IEND", "");
  return {png.begin(), png.end()};
}

long most_memory_kilobytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST(BrokenImages, BombsAreRefusedBeforeMemoryIsTaken) {
  const long before = most_memory_kilobytes();
  const Bytes bomb = png_bomb(60000, std::size_t{8} << 20);
  EXPECT_LT(bomb.size(), 20000U);
  EXPECT_THAT(message_of<DataError>([&] { decode_image(bomb, 3, "x"); }), HasSubstr("claims"));
  EXPECT_LT(most_memory_kilobytes() - before, 1 << 16);
  // One that claims less than its data hold is harmless, too.
  const Bytes overfull = png_bomb(16, std::size_t{8} << 20);
  try {
    EXPECT_EQ(decode_image(overfull, 3, "x").pixels.size(), 16U * 16 * 3);
  } catch (const DataError&) {
  }
}

TEST(BrokenImages, EachOrientationTurnsThePictureUpright) {
  const Image image = test::scene(20, 30, 5);
  std::set<std::string> different;
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Bytes jpeg = test::jpeg_of(image, 95, orientation);
    const auto reader = open_reader(jpeg, 3, "x");
    EXPECT_EQ(reader->orientation().upright(), orientation == 1) << orientation;
    const Image turned = decode_image(jpeg, 3, "x");
    EXPECT_EQ(turned.height, orientation >= 5 ? 30 : 20) << orientation;
    different.emplace(turned.pixels.begin(), turned.pixels.end());
  }
  EXPECT_EQ(different.size(), 8U);
  EXPECT_TRUE(open_reader(test::jpeg_of(image, 95, 9), 3, "x")->orientation().upright());
}

TEST(StoredPixels, AreThoseOfTheHeader) {
  struct Case {
    const char* file;
    StoredPixels expected;
    int channels = 3;
  };
  const Case cases[] = {
      {"photo_420.jpg", {3, 8}},
      {"photo_grey.jpg", {1, 8}},
      {"cmyk_large.jpg", {4, 8, false, false, true}},
      {"lossy.webp", {3, 8}},
      {"alpha.webp", {4, 8, true}},
      {"animated.webp", {3, 8, false, false, false, true}},
      {"palette.tif", {1, 8, false, true}},
      {"pages.tif", {3, 8, false, false, false, true}},
      {"rgb16_big_endian.tif", {3, 16}},
      {"five16.tif", {5, 16}, 5},
      {"bytes.npy", {3, 8}},
      {"words.npy", {3, 16}},
      {"grey16.pgm", {1, 16}},
      {"rgb.bmp", {3, 8}},
  };
  for (const Case& one : cases) {
    const Bytes bytes = bytes_of(fixture(one.file));
    const StoredPixels stored = open_reader(bytes, one.channels, "x")->stored_pixels();
    EXPECT_EQ(stored.channels, one.expected.channels) << one.file;
    EXPECT_EQ(stored.bits, one.expected.bits) << one.file;
    EXPECT_EQ(stored.alpha, one.expected.alpha) << one.file;
    EXPECT_EQ(stored.palette, one.expected.palette) << one.file;
    EXPECT_EQ(stored.cmyk, one.expected.cmyk) << one.file;
    EXPECT_EQ(stored.more_pictures, one.expected.more_pictures) << one.file;
  }
  const auto png = [](const char* file) {
    const Bytes bytes = bytes_of(test::fixtures() / file);
    return open_reader(bytes, 3, "x")->stored_pixels();
  };
  EXPECT_EQ(png("rgb16.png"), (StoredPixels{3, 16}));
  EXPECT_EQ(png("rgba.png"), (StoredPixels{4, 8, true}));
  EXPECT_TRUE(png("palette.png").palette);
  EXPECT_TRUE(png("palette_transparent.png").alpha);
}

TEST(ImageKind, IsToldByContentAndByName) {
  EXPECT_EQ(image_kind(bytes_of(fixture("lossy.webp"))), "WebP");
  EXPECT_EQ(image_kind(bytes_of(fixture("float.pfm"))), "PNM");
  EXPECT_EQ(image_kind(Bytes{'G', 'I', 'F'}), "");
  EXPECT_EQ(kind_of_extension("a/b.JPEG"), "JPEG");
  EXPECT_EQ(kind_of_extension("a.pgm"), "PNM");
  EXPECT_EQ(kind_of_extension("a.gif"), "");
}

TEST(UnusedBytes, AreNoneInSoundJpegsAndCountedInDamagedOnes) {
  const Image image = test::scene(64, 80, 3);
  for (const bool progressive : {false, true}) {
    Bytes jpeg = test::jpeg_of(image, 90, 0, progressive);
    const auto unused = [&] {
      const auto reader = open_reader(jpeg, 3, "x");
      std::vector<std::uint8_t> pixels;
      DecodedPlanes planes;
      if (!reader->read_planes({0, 0, 64, 80}, {}, planes)) {
        reader->read({0, 0, 64, 80}, 1, pixels);
      }
      return reader->unused_bytes();
    };
    EXPECT_EQ(unused(), 0);
    jpeg.insert(jpeg.end() - 2, 30, 0x55);
    EXPECT_GE(unused(), 20) << "the decoder may have taken some before it knew";
    EXPECT_LE(unused(), 32);
  }
}

}  // namespace
}  // namespace dbot::data
