#include "tests/data/audit/picture_files.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

// libjpeg needs <cstdio> before it.
#include <jpeglib.h>
#include <png.h>

#include "dbot/core/random.h"
#include "dbot/data/image/resize_crop.h"

namespace dbot::test {
namespace {

std::uint8_t level(double value) {
  return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L));
}

/// "Exif", a TIFF header and one directory with tag 274.
std::vector<std::uint8_t> exif_block(int orientation) {
  std::vector<std::uint8_t> block{'E', 'x', 'i', 'f', 0,    0,    'I', 'I', 42, 0, 8, 0,
                                  0,   0,   1,   0,   0x12, 0x01, 3,   0,   1,  0, 0, 0};
  block.push_back(static_cast<std::uint8_t>(orientation));
  block.insert(block.end(), 7, 0);
  return block;
}

}  // namespace

std::vector<std::uint8_t> jpeg_of(const data::Image& image, int quality, int exif_orientation,
                                  bool progressive) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = image.channels;
  info.in_color_space = image.channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  if (progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  if (exif_orientation > 0) {
    const auto block = exif_block(exif_orientation);
    jpeg_write_marker(&info, JPEG_APP0 + 1, block.data(), static_cast<unsigned>(block.size()));
  }
  while (info.next_scanline < info.image_height) {
    auto* row =
        const_cast<std::uint8_t*>(image.pixels.data() + info.next_scanline * image.row_bytes());
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  std::vector<std::uint8_t> file(bytes, bytes + size);
  jpeg_destroy_compress(&info);
  std::free(bytes);
  return file;
}

std::vector<std::uint8_t> png_of(const data::Image& image) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  header.format = image.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::vector<std::uint8_t> file(size);
  if (png_image_write_to_memory(&header, file.data(), &size, 0, image.pixels.data(), 0, nullptr) ==
      0) {
    throw std::runtime_error(header.message);
  }
  file.resize(size);
  return file;
}

data::Image scene(int height, int width, std::uint64_t seed) {
  core::Random random({.seed = seed, .purpose = core::Purpose::pictures});
  const double x_wave = random.uniform(1, 4), y_wave = random.uniform(1, 4);
  const double x_spot = random.uniform(0.2, 0.8), y_spot = random.uniform(0.2, 0.8);
  const double slope = random.uniform(-1, 1), phase = random.uniform(0, 6);
  const double tints[3] = {random.uniform(20, 50), random.uniform(-20, 20),
                           random.uniform(-50, -20)};
  data::Image image{height, width, 3, {}};
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      const double y = 1.0 * row / height, x = 1.0 * column / width;
      double value =
          120 + 45 * std::sin(6.28 * x_wave * x + phase) + 40 * std::cos(6.28 * y_wave * y);
      if (std::hypot(x - x_spot, y - y_spot) < 0.18) value += 70;
      if (y > 0.5 + slope * (x - 0.5)) value -= 45;
      value += random.uniform(-6, 6);
      for (const double tint : tints) image.pixels.push_back(level(value + tint * x));
    }
  }
  return image;
}

data::Image with_size(const data::Image& image, int height, int width) {
  std::vector<std::uint8_t> planar(static_cast<std::size_t>(image.channels) * height * width);
  data::resize_crop(image, {0, 0, image.height, image.width}, {height, width}, false, planar);
  data::Image result{height, width, image.channels, {}};
  result.pixels.resize(planar.size());
  const std::size_t plane = planar.size() / static_cast<std::size_t>(image.channels);
  for (std::size_t i = 0; i < planar.size(); ++i) {
    result.pixels[i % plane * static_cast<std::size_t>(image.channels) + i / plane] = planar[i];
  }
  return result;
}

data::Image brighter(const data::Image& image, int levels) {
  data::Image result = image;
  for (auto& pixel : result.pixels) pixel = level(pixel + levels);
  return result;
}

data::Image mirrored(const data::Image& image) {
  data::Image result = image;
  const auto channels = static_cast<std::size_t>(image.channels);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const auto* from = image.pixels.data() + static_cast<std::size_t>(y) * image.row_bytes() +
                         static_cast<std::size_t>(image.width - 1 - x) * channels;
      std::copy_n(from, channels,
                  result.pixels.begin() +
                      static_cast<std::ptrdiff_t>(static_cast<std::size_t>(y) * image.row_bytes() +
                                                  static_cast<std::size_t>(x) * channels));
    }
  }
  return result;
}

data::Image grey_of(const data::Image& image) {
  data::Image result = image;
  for (std::size_t i = 0; i + 2 < result.pixels.size(); i += 3) {
    result.pixels[i] = result.pixels[i + 2] = result.pixels[i + 1];
  }
  return result;
}

data::Image one_colour(int height, int width, std::uint8_t value) {
  return {height, width, 3,
          std::vector<std::uint8_t>(static_cast<std::size_t>(height) * width * 3, value)};
}

}  // namespace dbot::test
