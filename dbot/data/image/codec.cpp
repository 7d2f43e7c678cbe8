#include "dbot/data/image/codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "dbot/data/data_error.h"
#include "dbot/data/image/image_reader.h"
#include "dbot/data/image/part_decoder.h"

namespace dbot::data {

Image decode_image(std::span<const std::uint8_t> bytes, const PixelFormat& format,
                   std::string_view name) {
  const auto reader = open_reader(bytes, format, name);
  Image image{reader->height(), reader->width(), format.channels, {}};
  std::vector<std::uint8_t> pixels;
  const auto stored =
      reader->read({0, 0, reader->stored_height(), reader->stored_width()}, 1, pixels);
  image.values = reader->seen_values();
  if (reader->orientation().upright() && stored.view.row_bytes == image.row_bytes()) {
    pixels.resize(image.row_bytes() * image.height);
    image.pixels = std::move(pixels);
    return image;
  }
  turned_upright(reader->orientation(), stored.view, image.pixels);
  return image;
}

void decode_crop(std::span<const std::uint8_t> bytes, const PixelFormat& format,
                 std::string_view name, const ChooseCrop& choose, core::Size size,
                 std::span<std::uint8_t> planar) {
  check_planar(format.channels, size, planar.size());
  thread_local PartDecoder decoder;  // its memory serves the next image
  decoder.decode(bytes, format, name, choose, size);
  decoder.resize(planar);
}

void decode_crops(std::span<const std::uint8_t> bytes, const PixelFormat& format,
                  std::string_view name, std::span<const CropRequest> requests) {
  for (const auto& request : requests)
    check_planar(format.channels, request.size, request.planar.size());
  thread_local PartDecoder decoder;  // its memory serves the next image
  decoder.decode_all(bytes, format, name, requests);
}

bool has_image_extension(std::string_view file_name) {
  return !kind_of_extension(file_name).empty();
}

std::string_view kind_of_extension(std::string_view file_name) {
  struct Extension {
    std::string_view text, kind;
  };
  constexpr std::array<Extension, 13> kKnown{{{".jpg", "JPEG"},
                                              {".jpeg", "JPEG"},
                                              {".jpe", "JPEG"},
                                              {".jfif", "JPEG"},
                                              {".png", "PNG"},
                                              {".webp", "WebP"},
                                              {".tif", "TIFF"},
                                              {".tiff", "TIFF"},
                                              {".bmp", "BMP"},
                                              {".pgm", "PNM"},
                                              {".ppm", "PNM"},
                                              {".pfm", "PNM"},
                                              {".npy", "npy"}}};
  const auto dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return {};
  std::string extension(file_name.substr(dot));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  const auto found = std::find_if(kKnown.begin(), kKnown.end(),
                                  [&](const Extension& one) { return one.text == extension; });
  return found == kKnown.end() ? std::string_view{} : found->kind;
}

void check_image_size(std::uint64_t height, std::uint64_t width, std::string_view name) {
  if (height == 0 || width == 0) {
    throw data_error(name, Fault::corrupt, fmt::format("has {}x{} pixels", width, height));
  }
  if (width > kMaxPixels / height) {
    throw data_error(
        name, Fault::too_large,
        fmt::format("claims {}x{} pixels, expected at most {}", width, height, kMaxPixels));
  }
}

}  // namespace dbot::data
