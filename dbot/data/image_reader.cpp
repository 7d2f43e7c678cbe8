#include "dbot/data/image_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dbot/core/error.h"
#include "dbot/data/codec_bmp.h"
#include "dbot/data/codec_jpeg.h"
#include "dbot/data/codec_npy.h"
#include "dbot/data/codec_png.h"
#include "dbot/data/codec_pnm.h"
#include "dbot/data/codec_tiff.h"
#include "dbot/data/codec_webp.h"

namespace dbot::data {
namespace {

using namespace std::string_view_literals;

struct Kind {
  std::string_view magic;  // the file begins with it; "?" stands for any byte
  bool any_channels;       // files may have other numbers than 1 (grey) and 3 (RGB)
  std::unique_ptr<ImageReader> (*open)(std::span<const std::uint8_t>, int, std::string_view);
};

constexpr std::array<Kind, 13> kinds{{
    {"\xFF\xD8\xFF"sv, false, open_jpeg},
    {"\x89PNG\r\n\x1A\n"sv, false, open_png},
    {"RIFF????WEBP"sv, false, open_webp},
    {"II*\0"sv, true, open_tiff},
    {"MM\0*"sv, true, open_tiff},
    {"II+\0"sv, true, open_tiff},
    {"MM\0+"sv, true, open_tiff},
    {"\x93NUMPY"sv, true, open_npy},
    {"P5"sv, false, open_pnm},
    {"P6"sv, false, open_pnm},
    {"Pf"sv, false, open_pnm},
    {"PF"sv, false, open_pnm},
    {"BM"sv, false, open_bmp},
}};

bool begins_with(std::span<const std::uint8_t> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(), [](char a, std::uint8_t b) {
           return a == '?' || static_cast<std::uint8_t>(a) == b;
         });
}

}  // namespace

bool ImageReader::read_planes(const Crop&, Shrink, DecodedPlanes&) {
  return false;
}

std::unique_ptr<ImageReader> open_reader(std::span<const std::uint8_t> bytes, int channels,
                                         std::string_view name) {
  if (bytes.empty()) throw DataError(fmt::format("[data] {}: is empty", name));
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& candidate) {
    return begins_with(bytes, candidate.magic);
  });
  if (kind == kinds.end()) {
    throw DataError(fmt::format(
        "[data] {}: is not an image of a known kind (JPEG, PNG, WebP, TIFF, BMP, PNM, npy)", name));
  }
  if (channels < 1 || (!kind->any_channels && channels != 1 && channels != 3)) {
    throw UsageError(
        fmt::format("[data] {}: model.channels is {}, but such a file gives 1 (grey) or 3 (RGB)",
                    name, channels));
  }
  return kind->open(bytes, channels, name);
}

}  // namespace dbot::data
