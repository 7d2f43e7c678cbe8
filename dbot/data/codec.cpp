#include "dbot/data/codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "dbot/core/error.h"
#include "dbot/data/codec_jpeg.h"
#include "dbot/data/codec_png.h"

namespace dbot::data {
namespace {

constexpr std::array<std::uint8_t, 3> jpeg_magic{0xFF, 0xD8, 0xFF};
constexpr std::array<std::uint8_t, 8> png_magic{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

bool begins_with(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> magic) {
  return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
}

}  // namespace

Image decode_image(std::span<const std::uint8_t> bytes, int channels, std::string_view name) {
  if (channels != 1 && channels != 3) {
    throw UsageError(fmt::format(
        "[data] model.channels is {}, but JPEG and PNG files give 1 (grey) or 3 (RGB)", channels));
  }
  if (bytes.empty()) throw DataError(fmt::format("[data] {}: is empty", name));
  if (begins_with(bytes, jpeg_magic)) return decode_jpeg(bytes, channels, name);
  if (begins_with(bytes, png_magic)) return decode_png(bytes, channels, name);
  throw DataError(fmt::format("[data] {}: is not a JPEG or PNG", name));
}

bool has_image_extension(std::string_view file_name) {
  const auto dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return false;
  std::string extension(file_name.substr(dot));
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return extension == ".jpg" || extension == ".jpeg" || extension == ".jpe" || extension == ".png";
}

void check_image_size(std::uint64_t height, std::uint64_t width, std::string_view name) {
  if (height == 0 || width == 0) {
    throw DataError(fmt::format("[data] {}: has {}x{} pixels", name, width, height));
  }
  if (width > max_pixels / height) {
    throw DataError(fmt::format("[data] {}: claims {}x{} pixels, expected at most {}", name, width,
                                height, max_pixels));
  }
}

}  // namespace dbot::data
