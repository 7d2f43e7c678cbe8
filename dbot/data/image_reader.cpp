#include "dbot/data/image_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dbot/core/error.h"
#include "dbot/data/codec_jpeg.h"
#include "dbot/data/codec_png.h"

namespace dbot::data {
namespace {

bool begins_with(std::span<const std::uint8_t> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

}  // namespace

std::unique_ptr<ImageReader> open_reader(std::span<const std::uint8_t> bytes, int channels,
                                         std::string_view name) {
  if (channels != 1 && channels != 3) {
    throw UsageError(fmt::format(
        "[data] model.channels is {}, but JPEG and PNG files give 1 (grey) or 3 (RGB)", channels));
  }
  if (bytes.empty()) throw DataError(fmt::format("[data] {}: is empty", name));
  if (begins_with(bytes, "\xFF\xD8\xFF")) return open_jpeg(bytes, channels, name);
  if (begins_with(bytes, "\x89PNG\r\n\x1A\n")) return open_png(bytes, channels, name);
  throw DataError(fmt::format("[data] {}: is not a JPEG or PNG", name));
}

}  // namespace dbot::data
