// What decoding a part gives, beside decoding everything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <utility>

// libjpeg needs <cstdio> before it.
#include <jpeglib.h>

#include "dbot/core/random.h"
#include "dbot/data/augment/crop_rules.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/image/image_reader.h"
#include "tests/data/fixtures.h"
#include "tests/data/image/mean_difference.h"

namespace dbot::data {
namespace {

using test::bytes_of;
using test::fixtures;
using test::mean_difference;
using test::message_of;

std::vector<std::filesystem::path> image_files() {
  std::vector<std::filesystem::path> all;
  for (const auto& folder : {fixtures(), fixtures() / "codecs"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const auto stem = entry.path().stem().string();
      const bool five = stem.starts_with("five") || stem == "planes";
      if (has_image_extension(entry.path().string()) && !five) all.push_back(entry.path());
    }
  }
  return all;
}

std::vector<std::uint8_t> part(std::span<const std::uint8_t> bytes, int channels, CropChoice choice,
                               core::Size size) {
  std::vector<std::uint8_t> planar(static_cast<std::size_t>(channels * size.height * size.width));
  decode_crop(
      bytes, channels, "x", [&](int, int) { return choice; }, size, planar);
  return planar;
}

std::vector<std::uint8_t> part_of_all(const Image& image, CropChoice choice, core::Size size) {
  std::vector<std::uint8_t> planar(
      static_cast<std::size_t>(image.channels * size.height * size.width));
  resize_crop(image, choice.crop, size, choice.mirror, planar);
  return planar;
}

/// A crop of at least four pixels, and so many that the result is not much smaller.
Crop some_crop(int height, int width, core::Random& random) {
  const auto below = [&](int count) {
    return static_cast<int>(random.below(static_cast<std::uint64_t>(count)));
  };
  Crop crop;
  crop.height = std::min(height, 4 + below(height));
  crop.width = std::min(width, 4 + below(width));
  crop.top = below(height - crop.height + 1);
  crop.left = below(width - crop.width + 1);
  return crop;
}

TEST(DecodeCrop, APartAsStoredHasThePixelsOfTheWhole) {
  for (const auto& file : image_files()) {
    SCOPED_TRACE(file);
    const auto bytes = bytes_of(file);
    core::Random random({.seed = 4, .sample = bytes.size()});
    const auto whole = decode_image(bytes, 3, "x");
    for (int i = 0; i < 40; ++i) {
      const auto crop = some_crop(whole.height, whole.width, random);
      const auto reader = open_reader(bytes, 3, "x");
      const auto stored =
          stored_crop(reader->orientation(), crop, reader->stored_height(), reader->stored_width());
      std::vector<std::uint8_t> pixels, upright;
      const auto decoded = reader->read(stored, 1, pixels);
      EXPECT_EQ(decoded.box.height, stored.height);
      const auto view = turned_upright(reader->orientation(), decoded.view, upright);
      ASSERT_EQ(view.height, crop.height);
      ASSERT_EQ(view.width, crop.width);
      for (int y = 0; y < crop.height; ++y) {
        const auto* expected = part_of(view_of(whole), crop).row(y);
        ASSERT_TRUE(std::equal(expected, expected + 3L * crop.width, view.row(y))) << "row " << y;
      }
    }
  }
}

TEST(DecodeCrop, IsWithinOneGreyLevelOfDecodingEverything) {
  int files = 0;
  for (const auto& file : image_files()) {
    if (!file.stem().string().starts_with("photo")) continue;
    SCOPED_TRACE(file);
    const auto bytes = bytes_of(file);
    const auto whole = decode_image(bytes, 3, "x");
    core::Random random({.seed = 5});
    AugmentationConfig augmentation;
    for (const std::int64_t side : {224, 96, 48, 24, 12}) {
      double sum = 0;
      for (int i = 0; i < 20; ++i) {
        const CropChoice choice{
            random_resized_crop(whole.height, whole.width, augmentation, random), i % 2 == 0};
        sum += mean_difference(part(bytes, 3, choice, {side, side}),
                               part_of_all(whole, choice, {side, side}));
      }
      EXPECT_LT(sum / 20, 1.0) << "side " << side;
    }
    ++files;
  }
  EXPECT_EQ(files, 5);
}

/// Mean difference over a set of photos at the sizes networks take.
class RealPhotos : public testing::TestWithParam<const char*> {};

TEST_P(RealPhotos, AreWithinOneGreyLevelOfDecodingEverything) {
  const char* data = std::getenv("DBOT_DATA_DIR");
  const auto folder = std::filesystem::path(data ? data : "") / GetParam() / "images";
  if (!std::filesystem::is_directory(folder)) {
    GTEST_SKIP() << GetParam() << " is not there: DBOT_DATA_DIR names no folder with it";
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".jpg") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.size() > 128) files.resize(128);
  const AugmentationConfig usual;
  for (const std::int64_t side : {224, 96, 32}) {
    core::Random random({.seed = 7});
    double sum = 0;
    for (const auto& file : files) {
      const auto bytes = bytes_of(file);
      const auto whole = decode_image(bytes, 3, "x");
      const CropChoice choice{random_resized_crop(whole.height, whole.width, usual, random)};
      sum += mean_difference(part(bytes, 3, choice, {side, side}),
                             part_of_all(whole, choice, {side, side}));
    }
    const double mean = sum / static_cast<double>(files.size());
    RecordProperty("side_" + std::to_string(side), std::to_string(mean));
    EXPECT_LT(mean, 1.0) << "side " << side;
  }
}

INSTANTIATE_TEST_SUITE_P(
    DecodeCrop, RealPhotos, testing::Values("coco256", "flickr8k-1000"), [](const auto& test) {
      return std::string(test.param).substr(0, std::string(test.param).find('-'));
    });

TEST(DecodeCrop, FollowsEveryOrientation) {
  const auto upright = decode_image(bytes_of(fixtures() / "codecs/exif_1.jpg"), 3, "x");
  for (int value = 1; value <= 8; ++value) {
    const auto bytes = bytes_of(fixtures() / "codecs" / ("exif_" + std::to_string(value) + ".jpg"));
    const auto turned = decode_image(bytes, 3, "x");
    EXPECT_EQ(turned.height, value < 5 ? upright.height : upright.width);
    core::Random random({.seed = 6, .sample = static_cast<std::uint64_t>(value)});
    for (int i = 0; i < 20; ++i) {
      const CropChoice choice{some_crop(turned.height, turned.width, random), i % 2 == 0};
      EXPECT_LT(
          mean_difference(part(bytes, 3, choice, {16, 14}), part_of_all(turned, choice, {16, 14})),
          3)
          << value;
    }
  }
}

TEST(DecodeCrop, OneChannelOfAJpegIsItsLuma) {
  for (const char* name : {"photo_420.jpg", "photo_422.jpg", "photo_444.jpg", "photo_grey.jpg"}) {
    const auto bytes = bytes_of(fixtures() / "codecs" / name);
    jpeg_decompress_struct info{};
    jpeg_error_mgr errors{};
    info.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, bytes.data(), static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&info, TRUE);
    info.out_color_space = JCS_GRAYSCALE;
    jpeg_start_decompress(&info);
    const int height = static_cast<int>(info.output_height);
    const int width = static_cast<int>(info.output_width);
    std::vector<std::uint8_t> luma(static_cast<std::size_t>(height) * width);
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = luma.data() + static_cast<std::size_t>(info.output_scanline) * width;
      jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_destroy_decompress(&info);
    EXPECT_EQ(part(bytes, 1, {{0, 0, height, width}}, {height, width}), luma) << name;
  }
}

TEST(DecodeCrop, GreyFilesFillEveryChannel) {
  const auto bytes = bytes_of(fixtures() / "codecs/photo_grey.jpg");
  const auto planar = part(bytes, 3, {{10, 20, 150, 160}}, {32, 32});
  EXPECT_TRUE(std::equal(planar.begin(), planar.begin() + 1024, planar.begin() + 1024));
  EXPECT_TRUE(std::equal(planar.begin(), planar.begin() + 1024, planar.begin() + 2048));
}

/// A JPEG whose three components have the same sampling factors, as some programs write 4:4:4.
std::vector<std::uint8_t> evenly_sampled_jpeg(const Image& image, int across, int down) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &memory, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  for (int c = 0; c < 3; ++c) {
    info.comp_info[c].h_samp_factor = across;
    info.comp_info[c].v_samp_factor = down;
  }
  jpeg_start_compress(&info, TRUE);
  auto pixels = image.pixels;
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = pixels.data() + info.next_scanline * image.row_bytes();
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::vector<std::uint8_t> bytes(memory, memory + size);
  std::free(memory);
  return bytes;
}

// The decoder of a thread keeps its memory for the next image.
TEST(DecodeCrop, TheImageBeforeChangesNothing) {
  const CropChoice choice{{16, 20, 150, 160}};
  const auto grey = bytes_of(fixtures() / "codecs/photo_grey.jpg");
  const auto colour = bytes_of(fixtures() / "codecs/photo_420.jpg");
  const auto image = decode_image(colour, 3, "x");
  const auto expected_grey = part(grey, 3, choice, {32, 32});
  const auto expected_colour = part(colour, 3, choice, {32, 32});
  for (const auto& [across, down] : {std::pair{1, 1}, {2, 1}, {1, 2}, {3, 1}}) {
    SCOPED_TRACE(testing::Message() << across << " x " << down);
    const auto before = evenly_sampled_jpeg(image, across, down);
    EXPECT_LT(mean_difference(part(before, 3, choice, {32, 32}), expected_colour), 3);
    EXPECT_EQ(part(grey, 3, choice, {32, 32}), expected_grey);
    part(before, 1, choice, {32, 32});
    EXPECT_EQ(part(grey, 1, choice, {32, 32}),
              std::vector<std::uint8_t>(expected_grey.begin(), expected_grey.begin() + 1024));
    EXPECT_EQ(part(colour, 3, choice, {32, 32}), expected_colour);
  }
}

TEST(DecodeCrop, ATruncatedFileIsRefusedWhateverThePart) {
  for (const char* name : {"photo_420.jpg", "photo_progressive.jpg", "photo_grey.jpg"}) {
    const auto whole = bytes_of(fixtures() / "codecs" / name);
    for (std::size_t length = 1; length < whole.size(); length += 97) {
      const auto message = message_of<DataError>([&] {
        part(std::span(whole).first(length), 3, {{0, 0, 8, 8}}, {8, 8});
      });
      ASSERT_TRUE(message.starts_with("[data] x: ")) << name << " cut to " << length << message;
    }
  }
}

TEST(DecodeCrop, DamagedDataGiveAnErrorOrAnImage) {
  for (const char* name : {"photo_420.jpg", "photo_444.jpg", "photo_grey.jpg", "exif_6.jpg"}) {
    const auto whole = bytes_of(fixtures() / "codecs" / name);
    for (std::size_t place = 2; place < whole.size(); place += place < 700 ? 1 : 61) {
      auto bytes = whole;
      bytes[place] ^= static_cast<std::uint8_t>(1U << (place % 8));
      try {
        std::vector<std::uint8_t> planar(std::size_t{3} * 24 * 24);
        decode_crop(
            bytes, 3, "x",
            [](int height, int width) {
              return CropChoice{{height / 3, width / 3, height / 2, width / 2}};
            },
            {24, 24}, planar);
      } catch (const DataError&) {
      }
    }
  }
}

TEST(DecodeCrop, RefusesACropOutsideTheImageAndAWrongResultSize) {
  const auto bytes = bytes_of(fixtures() / "rgb_420.jpg");
  EXPECT_THROW(part(bytes, 3, {{0, 0, 38, 45}}, {8, 8}), UsageError);
  EXPECT_THROW(part(bytes, 3, {{30, 0, 8, 45}}, {8, 8}), UsageError);
  std::vector<std::uint8_t> planar(10);
  EXPECT_THROW(decode_crop(
                   bytes, 3, "x",
                   [](int, int) {
                     return CropChoice{{0, 0, 8, 8}};
                   },
                   {8, 8}, planar),
               UsageError);
}

}  // namespace
}  // namespace dbot::data
