#include "dbot/data/image/foreign_kind.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace dbot::data {
namespace {

using namespace std::string_view_literals;

struct ForeignKind {
  std::size_t place;  // of the magic bytes
  std::string_view magic, name;
};

constexpr std::array<ForeignKind, 28> kForeignKinds{{
    {0, "GIF8"sv, "a GIF image"},
    {4, "ftypheic"sv, "a HEIC image"},
    {4, "ftypheix"sv, "a HEIC image"},
    {4, "ftypmif1"sv, "a HEIF image"},
    {4, "ftypavif"sv, "an AVIF image"},
    {4, "ftypavis"sv, "an AVIF image"},
    {0, "\xFF\x0A"sv, "a JPEG XL image"},
    {4, "JXL \r\n\x87\n"sv, "a JPEG XL image"},
    {4, "jP  \r\n\x87\n"sv, "a JPEG 2000 image"},
    {0, "\xFF\x4F\xFF\x51"sv, "a JPEG 2000 image"},
    {0, "8BPS"sv, "a Photoshop image"},
    {0, "v/1\x01"sv, "an OpenEXR image"},
    {0, "#?RADIANCE"sv, "a Radiance image"},
    {128, "DICM"sv, "a DICOM image"},
    {0, "P1"sv, "a Netpbm image in text"},
    {0, "P2"sv, "a Netpbm image in text"},
    {0, "P3"sv, "a Netpbm image in text"},
    {0, "P4"sv, "a Netpbm bitmap image"},
    {4, "ftyp"sv, "a video"},
    {0, "\x1A\x45\xDF\xA3"sv, "a video"},
    {8, "AVI "sv, "a video"},
    {0, "%PDF"sv, "a PDF"},
    {0, "PK\x03\x04"sv, "a ZIP archive"},
    {0, "\x1F\x8B"sv, "compressed with gzip"},
    {0, "7z\xBC\xAF"sv, "a 7z archive"},
    {257, "ustar"sv, "a tar archive"},
    {0,
     "\x7F"
     "ELF"sv,
     "a program"},
    {0, "SQLite format 3"sv, "a database"},
}};

bool has_at(std::span<const std::uint8_t> head, std::size_t place, std::string_view magic) {
  return head.size() >= place + magic.size() &&
         std::equal(magic.begin(), magic.end(), head.begin() + static_cast<std::ptrdiff_t>(place),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

bool is_text(std::span<const std::uint8_t> head) {
  return !head.empty() && std::ranges::all_of(head, [](std::uint8_t byte) {
    return byte >= 0x20 || byte == '\n' || byte == '\r' || byte == '\t';
  });
}

std::string_view kind_of_text(std::span<const std::uint8_t> head) {
  std::string start(reinterpret_cast<const char*>(head.data()), head.size());
  std::ranges::transform(start, start.begin(), [](unsigned char letter) {
    return static_cast<char>(std::tolower(letter));
  });
  if (start.find("<svg") != std::string::npos) return "an SVG image";
  if (start.find("<html") != std::string::npos || start.find("<!doctype") != std::string::npos) {
    return "an HTML page";
  }
  return "text";
}

}  // namespace

std::string_view foreign_kind(std::span<const std::uint8_t> head) {
  head = head.first(std::min(head.size(), kHeadBytes));
  for (const auto& kind : kForeignKinds) {
    if (has_at(head, kind.place, kind.magic)) return kind.name;
  }
  if (is_text(head)) return kind_of_text(head);
  const bool zeros = std::ranges::all_of(head, [](std::uint8_t byte) { return byte == 0; });
  return zeros && !head.empty() ? "nothing but zeros" : std::string_view{};
}

bool is_foreign_image(std::string_view kind) {
  return kind.find("image") != std::string_view::npos;
}

}  // namespace dbot::data
