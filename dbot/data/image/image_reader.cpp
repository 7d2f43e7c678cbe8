#include "dbot/data/image/image_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dbot/core/error.h"
#include "dbot/data/data_error.h"
#include "dbot/data/image/codecs/codec_bmp.h"
#include "dbot/data/image/codecs/codec_npy.h"
#include "dbot/data/image/codecs/codec_png.h"
#include "dbot/data/image/codecs/codec_pnm.h"
#include "dbot/data/image/codecs/codec_tiff.h"
#include "dbot/data/image/codecs/codec_webp.h"
#include "dbot/data/image/foreign_kind.h"
#include "dbot/data/image/jpeg/codec_jpeg.h"

namespace dbot::data {
namespace {

using namespace std::string_view_literals;

struct Kind {
  std::string_view name;
  std::string_view magic;  // the file begins with it; "?" stands for any byte
  bool any_channels;       // files may have other numbers than 1 (grey) and 3 (RGB)
  std::unique_ptr<ImageReader> (*open)(std::span<const std::uint8_t>, const PixelFormat&,
                                       std::string_view);
};

constexpr std::array<Kind, 13> kKinds{{
    {"JPEG", "\xFF\xD8\xFF"sv, false, open_jpeg},
    {"PNG", "\x89PNG\r\n\x1A\n"sv, false, open_png},
    {"WebP", "RIFF????WEBP"sv, false, open_webp},
    {"TIFF", "II*\0"sv, true, open_tiff},
    {"TIFF", "MM\0*"sv, true, open_tiff},
    {"TIFF", "II+\0"sv, true, open_tiff},
    {"TIFF", "MM\0+"sv, true, open_tiff},
    {"npy", "\x93NUMPY"sv, true, open_npy},
    {"PNM", "P5"sv, false, open_pnm},
    {"PNM", "P6"sv, false, open_pnm},
    {"PNM", "Pf"sv, false, open_pnm},
    {"PNM", "PF"sv, false, open_pnm},
    {"BMP", "BM"sv, false, open_bmp},
}};

bool begins_with(std::span<const std::uint8_t> bytes, std::string_view magic) {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(), [](char a, std::uint8_t b) {
           return a == '?' || static_cast<std::uint8_t>(a) == b;
         });
}

const Kind* find_kind(std::span<const std::uint8_t> bytes) {
  const auto kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& candidate) {
    return begins_with(bytes, candidate.magic);
  });
  return kind == kKinds.end() ? nullptr : &*kind;
}

DataError unknown_kind(std::span<const std::uint8_t> bytes, std::string_view name) {
  const auto foreign = foreign_kind(bytes);
  if (is_foreign_image(foreign)) return unread_error(name, foreign);
  return data_error(name, Fault::unsupported,
                    fmt::format("is not an image of a known kind (JPEG, PNG, WebP, TIFF, BMP, PNM, "
                                "npy){}{}",
                                foreign.empty() ? "" : ", but ", foreign));
}

}  // namespace

std::string_view image_kind(std::span<const std::uint8_t> bytes) {
  const Kind* kind = find_kind(bytes);
  return kind == nullptr ? std::string_view{} : kind->name;
}

bool ImageReader::read_planes(const Crop&, Shrink, DecodedPlanes&) {
  return false;
}

std::unique_ptr<ImageReader> open_reader(std::span<const std::uint8_t> bytes,
                                         const PixelFormat& format, std::string_view name) {
  if (bytes.empty()) throw data_error(name, Fault::empty, "is empty");
  const Kind* kind = find_kind(bytes);
  if (kind == nullptr) throw unknown_kind(bytes, name);
  const int channels = format.channels;
  if (!kind->any_channels && channels != 1 && channels != 3 && channels != kAnyChannels) {
    throw data_error(name, Fault::channels,
                     fmt::format("is a {}, which gives 1 (grey) or 3 (RGB) channels, expected "
                                 "model.channels = {}; TIFF and npy have other numbers",
                                 kind->name, channels));
  }
  return kind->open(bytes, format, name);
}

}  // namespace dbot::data
