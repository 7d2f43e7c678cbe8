// Sound files that are unusual: of kinds that are not read, without an end mark, turned in unusual
// words, of other values than 0…255.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "dbot/data/image/codec.h"
#include "dbot/data/image/image_reader.h"
#include "dbot/data/image/sample_image.h"
#include "tests/data/audit/picture_files.h"
#include "tests/data/fixtures.h"
#include "tests/data/image/made_files.h"

namespace dbot::data {
namespace {

using test::bytes_of_values;
using test::FileBytes;
using test::npy_of;
using test::tiff_of;
using test::with_app1;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Le;

Fault fault_in(const FileBytes& bytes) {
  try {
    decode_image(bytes, 3, "x");
  } catch (const Error& error) {
    return error.fault();
  }
  return Fault::other;
}

FileBytes with_byte(FileBytes bytes, std::uint8_t marker, std::size_t behind, std::uint8_t value) {
  for (std::size_t i = 2; i + behind < bytes.size(); ++i) {
    if (bytes[i] != 0xFF || bytes[i + 1] != marker) continue;
    bytes[i + behind] = value;
    return bytes;
  }
  ADD_FAILURE() << "the marker is missing";
  return bytes;
}

TEST(SoundKinds, WhatIsNotReadIsCalledSo) {
  const FileBytes jpeg = test::jpeg_of(test::scene(16, 16, 1));
  EXPECT_EQ(fault_in(with_byte(jpeg, 0xC0, 4, 12)), Fault::unsupported) << "12 bits";
  EXPECT_EQ(fault_in(with_byte(jpeg, 0xC0, 1, 0xC3)), Fault::unsupported) << "lossless";
  const FileBytes values(64, 7);
  EXPECT_EQ(fault_in(tiff_of(4, 8, {.bits = 16, .format = 3}, values)), Fault::unsupported);
  EXPECT_EQ(fault_in(tiff_of(4, 4, {.bits = 32, .format = 1}, values)), Fault::unsupported);
  EXPECT_EQ(fault_in(tiff_of(4, 8, {.bits = 16, .format = 2}, values)), Fault::unsupported);
  EXPECT_EQ(fault_in(tiff_of(8, 8, {.bits = 8, .format = 2}, values)), Fault::unsupported);
  EXPECT_EQ(fault_in(tiff_of(8, 8, {.compression = 50002}, values)), Fault::unsupported);
  EXPECT_EQ(fault_in(tiff_of(4, 4, {.photometric = 8, .channels = 3}, FileBytes(48, 7))),
            Fault::unsupported)
      << "L*a*b*";
  EXPECT_EQ(fault_in(tiff_of(2, 2, {.channels = 65}, FileBytes(260, 7))), Fault::unsupported);
  EXPECT_EQ(fault_in(npy_of("<i4", "4, 4", values)), Fault::unsupported);
  EXPECT_EQ(fault_in(npy_of("<f2", "4, 8", values)), Fault::unsupported);
  EXPECT_EQ(fault_in(npy_of("|u1", "2, 2, 2, 8", values)), Fault::unsupported);
  const std::string heic(
      "\0\0\0\x18"
      "ftypheic\0\0\0\0mif1heic",
      24);
  EXPECT_EQ(fault_in({heic.begin(), heic.end()}), Fault::unsupported);
  EXPECT_THAT(
      test::message_of<DataError>([&] { decode_image(npy_of("<i4", "4, 4", values), 3, "x"); }),
      AllOf(HasSubstr("which is not read"), HasSubstr("convert it")));
}

TEST(SoundKinds, FourBandsOfATiffAreNotRgbAndAlpha) {
  const FileBytes values(64, 7);
  const FileBytes bands = tiff_of(4, 4, {.photometric = 1, .channels = 4}, values);
  EXPECT_THAT(test::message_of<DataError>([&] { decode_image(bands, 3, "x"); }),
              HasSubstr("has 4 channels, none of them alpha, expected model.channels = 3"));
  EXPECT_EQ(decode_image(bands, 4, "x").channels, 4);
  EXPECT_FALSE(open_reader(bands, kAnyChannels, "x")->stored_pixels().alpha);
  const FileBytes rgba = tiff_of(4, 4, {.photometric = 2, .channels = 4}, values);
  EXPECT_EQ(decode_image(rgba, 3, "x").channels, 3);
  EXPECT_TRUE(open_reader(rgba, kAnyChannels, "x")->stored_pixels().alpha);
}

/// Pixels of a whole JPEG and of one that lacks its last bytes.
TEST(SoundKinds, AJpegThatLacksItsEndMarkAloneIsRead) {
  for (const bool progressive : {false, true}) {
    const FileBytes whole = test::jpeg_of(test::scene(40, 56, 3), 90, 0, progressive);
    const auto pixels = decode_image(whole, 3, "x").pixels;
    for (const std::size_t missing : {1U, 2U}) {
      const auto cut = std::span(whole).first(whole.size() - missing);
      EXPECT_EQ(decode_image(cut, 3, "x").pixels, pixels) << missing;
      EXPECT_TRUE(open_reader(cut, 3, "x")->stored_pixels().no_end);
    }
    EXPECT_FALSE(open_reader(whole, 3, "x")->stored_pixels().no_end);
    for (const std::size_t missing : {6U, 40U}) {
      const auto cut = std::span(whole).first(whole.size() - missing);
      EXPECT_THROW(decode_image(cut, 3, "x"), DataError) << missing;
    }
  }
}

/// A progressive file whose last scans are missing has a picture, but not all of it.
TEST(SoundKinds, AProgressiveJpegNeedsAllItsScans) {
  const FileBytes whole = test::jpeg_of(test::scene(40, 56, 3), 90, 0, true);
  std::size_t last_scan = 0;
  for (std::size_t i = 2; i + 1 < whole.size(); ++i) {
    if (whole[i] == 0xFF && (whole[i + 1] == 0xDA || whole[i + 1] == 0xC4) && i > last_scan) {
      last_scan = i;
    }
  }
  EXPECT_THROW(decode_image(std::span(whole).first(last_scan), 3, "x"), DataError);
}

std::string exif_with(int type, int count, std::uint32_t value) {
  std::string block("Exif\0\0II*\0\x08\0\0\0\x01\0", 16);
  const auto put = [&](std::uint32_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) block.push_back(static_cast<char>(number >> 8 * i));
  };
  put(274, 2);
  put(static_cast<std::uint32_t>(type), 2);
  put(static_cast<std::uint32_t>(count), 4);
  put(value, 4);
  put(0, 4);
  return block;
}

std::string xmp_with(const std::string& words) {
  return std::string("http://ns.adobe.com/xap/1.0/\0", 29) + "<x:xmpmeta " + words + "/>";
}

/// Width, which tells a turned image.
int width_of(const FileBytes& bytes) {
  return decode_image(bytes, 3, "x").width;
}

TEST(SoundKinds, OrientationOfEveryTypeOfWholeNumber) {
  const FileBytes jpeg = test::jpeg_of(test::scene(16, 24, 1));
  for (const int type : {3, 4, 8, 9, 13}) {
    EXPECT_EQ(width_of(with_app1(jpeg, exif_with(type, 1, 6))), 16) << type;
  }
  for (const int type : {1, 2, 7}) {
    EXPECT_EQ(width_of(with_app1(jpeg, exif_with(type, 1, 6))), 24) << type;
  }
  EXPECT_EQ(width_of(with_app1(jpeg, exif_with(3, 2, 6))), 24) << "two numbers are none";
}

TEST(SoundKinds, OrientationThatStandsInXmpAlone) {
  const FileBytes jpeg = test::jpeg_of(test::scene(16, 24, 1));
  EXPECT_EQ(width_of(with_app1(jpeg, xmp_with("tiff:Orientation=\"6\""))), 16);
  EXPECT_EQ(width_of(with_app1(jpeg, xmp_with("><tiff:Orientation>8</tiff:Orientation"))), 16);
  EXPECT_EQ(width_of(with_app1(jpeg, xmp_with("tiff:Orientation='6'"))), 24);
  // EXIF comes first, whatever the order of the segments.
  const auto both = with_app1(jpeg, xmp_with("tiff:Orientation=\"6\""));
  EXPECT_EQ(width_of(with_app1(both, exif_with(3, 1, 1))), 24);
  const FileBytes values(16 * 24, 9);
  EXPECT_EQ(width_of(tiff_of(16, 24, {}, values, xmp_with("tiff:Orientation=\"6\""))), 16);
}

TEST(SoundKinds, ValuesAreSeenAndMappedByARange) {
  const std::vector<float> floats{-1, 0, 0.5, 1, 100, 255};
  const auto npy = npy_of("<f4", "2, 3", bytes_of_values(floats));
  const Image usual = decode_image(npy, 1, "x");
  EXPECT_EQ(usual.values, (SeenValues{SeenValues::Kind::real, -1, 255}));
  EXPECT_THAT(usual.pixels, ElementsAre(0, 0, 128, 255, 255, 255));
  EXPECT_THAT(decode_image(npy, {1, {0, 255}}, "x").pixels, ElementsAre(0, 0, 1, 1, 100, 255));
  EXPECT_THAT(decode_image(npy, {1, {1, 0}}, "x").pixels, ElementsAre(255, 255, 128, 0, 0, 0));

  const std::vector<std::uint16_t> words{0, 1000, 4095, 2048};
  const auto tiff = tiff_of(2, 2, {.bits = 16}, bytes_of_values(words));
  EXPECT_EQ(decode_image(tiff, 1, "x").values, (SeenValues{SeenValues::Kind::whole, 0, 4095}));
  EXPECT_THAT(decode_image(tiff, 1, "x").pixels, ElementsAre(0, 3, 15, 8));
  EXPECT_THAT(decode_image(tiff, {1, {0, 4095}}, "x").pixels, ElementsAre(0, 62, 255, 128));
  // Values of 8 bits say themselves what they mean.
  const auto bytes = npy_of("|u1", "1, 2", {10, 200});
  EXPECT_THAT(decode_image(bytes, {1, {0, 4095}}, "x").pixels, ElementsAre(10, 200));
  EXPECT_FALSE(decode_image(bytes, 1, "x").values.any());
}

TEST(SoundKinds, PngsOf16BitsHaveTheirRange) {
  for (const char* name : {"grey16.png", "rgb16.png"}) {
    const auto file = test::bytes_of(test::fixtures() / name);
    const Image usual = decode_image(file, 3, "x"),
                half = decode_image(file, {3, {0, 131070}}, "x");
    EXPECT_EQ(usual.values.kind, SeenValues::Kind::whole);
    EXPECT_GT(usual.values.most, 255);
    for (std::size_t i = 0; i < usual.pixels.size(); ++i) {
      ASSERT_NEAR(2 * half.pixels[i], usual.pixels[i], 2) << name;
    }
  }
}

TEST(SoundKinds, TroubleWithValuesNamesTheRange) {
  SetValues set;
  set.add({SeenValues::Kind::whole, 3, 900});
  set.add({SeenValues::Kind::whole, 0, 4000});
  EXPECT_THAT(set.trouble({SeenValues::Kind::whole, 3, 900}),
              AllOf(HasSubstr("from 3 to 900"), HasSubstr("12 bits")));
  EXPECT_THAT(set.trouble(), HasSubstr("data.value_range says what is black and white, such as "
                                       "[0, 4095]"));
  set.add({SeenValues::Kind::whole, 0, 60000});
  EXPECT_EQ(set.trouble({SeenValues::Kind::whole, 3, 900}), "") << "a dark one among others";
  EXPECT_EQ(set.trouble({SeenValues::Kind::real, 0, 1}), "");
  EXPECT_THAT(set.trouble({SeenValues::Kind::real, -1, 1}), HasSubstr("all below 0 is black"));
  EXPECT_THAT(set.trouble({SeenValues::Kind::real, 0, 255}), HasSubstr("all above 1 is white"));
  EXPECT_EQ(set.trouble({}), "");
}

std::string offered(const SeenValues& seen) {
  SetValues set;
  set.add(seen);
  const auto text = set.trouble();
  const auto begin = text.rfind('[');
  return begin == std::string::npos ? text : text.substr(begin);
}

TEST(SoundKinds, TheUsualRangeThatHoldsTheValuesIsOffered) {
  using enum SeenValues::Kind;
  EXPECT_EQ(offered({real, -0.93, 0.88}), "[-1, 1]");
  EXPECT_EQ(offered({real, 0, 251.5}), "[0, 255]");
  EXPECT_EQ(offered({real, 12, 3900}), "[0, 4095]");
  EXPECT_EQ(offered({real, 0, 60000}), "[0, 65535]");
  EXPECT_EQ(offered({whole, 3, 870}), "[0, 1023]");
  EXPECT_EQ(offered({whole, 3, 3100}), "[0, 4095]");
  // Where none fits, what was seen.
  EXPECT_EQ(offered({real, -850, 1850}), "[-850, 1850]");
  EXPECT_EQ(offered({real, 0, 7.5}), "[0, 7.5]");
  EXPECT_EQ(offered({real, -0.05, 1}), "[-0.05, 1]");
  EXPECT_EQ(offered({whole, 0, 3}), "[0, 3]");
}

TEST(SoundKinds, ValuesThatAreNotFiniteAreSaid) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinite = std::numeric_limits<float>::infinity();
  const auto seen = [](const std::vector<float>& values) {
    return decode_image(npy_of("<f4", "2, 2", bytes_of_values(values)), 1, "x").values;
  };
  EXPECT_EQ(seen({0, 1, 0.5, nan}), (SeenValues{SeenValues::Kind::real, 0, 1, true}));
  EXPECT_TRUE(seen({0, 1, 0.5, infinite}).not_finite);
  EXPECT_FALSE(seen({0, 1, 0.5, 1}).not_finite);
  EXPECT_THAT(offered(seen({0, 1, 0.5, nan})), HasSubstr("not finite"));
  EXPECT_THAT(offered(seen({nan, nan, nan, nan})), HasSubstr("not finite"));
  EXPECT_EQ(offered(seen({0, 200, 255, nan})), "[0, 255]");
}

TEST(SoundKinds, PlanesAreToldByTheSmallerExtentAndAreBands) {
  FileBytes values(std::size_t{4} * 36 * 36);
  std::iota(values.begin(), values.end(), std::uint8_t{0});
  const auto planes = npy_of("|u1", "4, 36, 36", values);
  const StoredPixels stored = open_reader(planes, kAnyChannels, "x")->stored_pixels();
  EXPECT_EQ(stored.channels, 4);
  EXPECT_FALSE(stored.alpha);
  EXPECT_EQ(decode_image(planes, 4, "x").pixels.at(1), values.at(36 * 36));
  EXPECT_EQ(fault_in(planes), Fault::channels);
  const auto pixels = npy_of("|u1", "36, 36, 4", values);
  EXPECT_TRUE(open_reader(pixels, kAnyChannels, "x")->stored_pixels().alpha);
  EXPECT_EQ(decode_image(pixels, 3, "x").pixels.at(3), values.at(4));
  EXPECT_EQ(decode_image(npy_of("|u1", "3, 16, 27", values), 3, "x").width, 27);
}

TEST(SoundKinds, ManyChannelsAreReadWholeAndInParts) {
  FileBytes values(std::size_t{20} * 30 * 6);
  std::iota(values.begin(), values.end(), std::uint8_t{0});
  for (const auto& file :
       {npy_of("|u1", "20, 30, 6", values), tiff_of(20, 30, {.channels = 6}, values)}) {
    const Image image = decode_image(file, 6, "x");
    EXPECT_EQ(image.channels, 6);
    EXPECT_EQ(image.pixels, values);
    EXPECT_EQ(open_reader(file, kAnyChannels, "x")->stored_pixels().channels, 6);
    std::vector<std::uint8_t> planar(6 * 4);
    decode_crop(
        file, 6, "x",
        [](int, int) {
          return CropChoice{{3, 5, 2, 2}, false};
        },
        {2, 2}, planar);
    for (std::size_t c = 0; c < 6; ++c) {
      EXPECT_EQ(planar[4 * c], values[(3 * 30 + 5) * 6 + c]) << c;
    }
  }
  // Planes: told by the number that is wanted, or by the smaller extent.
  const auto planes = npy_of("|u1", "6, 20, 30", values);
  EXPECT_EQ(decode_image(planes, 6, "x").width, 30);
  EXPECT_EQ(open_reader(planes, kAnyChannels, "x")->stored_pixels().channels, 6);
  EXPECT_EQ(fault_in(planes), Fault::channels);
}

}  // namespace
}  // namespace dbot::data
