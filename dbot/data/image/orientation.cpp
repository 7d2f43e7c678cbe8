#include "dbot/data/image/orientation.h"
#include "dbot/data/scratch.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace dbot::data {
namespace {

constexpr std::uint16_t kOrientationTag = 274;
constexpr std::size_t kEntryBytes = 12;

/// Numbers of a TIFF block in its byte order; 0 beyond its end.
class TiffBlock {
 public:
  explicit TiffBlock(std::span<const std::uint8_t> bytes)
      : bytes_(bytes), little_(!bytes.empty() && bytes[0] == 'I') {}
  bool sound() const {
    const bool order =
        bytes_.size() >= 8 && bytes_[0] == bytes_[1] && (little_ || bytes_[0] == 'M');
    return order && number(2, 2) == 42;
  }
  std::uint32_t number(std::size_t at, std::size_t count) const {
    if (at > bytes_.size() || bytes_.size() - at < count) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value = value << 8 | bytes_[at + (little_ ? count - 1 - i : i)];
    }
    return value;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  bool little_;
};

/// Bytes of a whole number of one of TIFF's types: SHORT, LONG, SBYTE, SSHORT, SLONG, IFD; 0 for
/// another type.
std::size_t bytes_of_whole(std::uint32_t type) {
  switch (type) {
    case 6:
      return 1;
    case 3:
    case 8:
      return 2;
    case 4:
    case 9:
    case 13:
      return 4;
    default:
      return 0;
  }
}

}  // namespace

Orientation orientation_of(int value) {
  switch (value) {
    case 2:
      return {false, false, true};
    case 3:
      return {false, true, true};
    case 4:
      return {false, true, false};
    case 5:
      return {true, false, false};
    case 6:
      return {true, true, false};
    case 7:
      return {true, true, true};
    case 8:
      return {true, false, true};
    default:
      return {};
  }
}

std::optional<Orientation> exif_orientation(std::span<const std::uint8_t> block) {
  constexpr std::string_view prefix("Exif\0\0", 6);
  if (block.size() >= prefix.size() &&
      std::equal(prefix.begin(), prefix.end(), block.begin(),
                 [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; })) {
    block = block.subspan(prefix.size());
  }
  const TiffBlock tiff(block);
  if (!tiff.sound()) return std::nullopt;
  const std::size_t directory = tiff.number(4, 4);
  const std::size_t entries = tiff.number(directory, 2);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * kEntryBytes;
    if (tiff.number(entry, 2) != kOrientationTag) continue;
    const auto bytes = bytes_of_whole(tiff.number(entry + 2, 2));
    const bool single = bytes > 0 && tiff.number(entry + 4, 4) == 1;
    return orientation_of(single ? static_cast<int>(tiff.number(entry + 8, bytes)) : 1);
  }
  return std::nullopt;
}

std::optional<Orientation> xmp_orientation(std::span<const std::uint8_t> packet) {
  const std::string_view text(reinterpret_cast<const char*>(packet.data()), packet.size());
  constexpr std::string_view kKey = "tiff:Orientation";
  for (auto found = text.find(kKey); found != std::string_view::npos;
       found = text.find(kKey, found + 1)) {
    auto rest = text.substr(found + kKey.size());
    // An attribute or an element: tiff:Orientation="6", <tiff:Orientation>6.
    const std::size_t before = rest.starts_with("=\"") ? 2 : rest.starts_with('>') ? 1 : 0;
    if (before == 0 || rest.size() <= before) continue;
    const char digit = rest[before];
    if (digit >= '0' && digit <= '9') return orientation_of(digit - '0');
  }
  return std::nullopt;
}

Crop stored_crop(const Orientation& orientation, const Crop& upright, int stored_height,
                 int stored_width) {
  Crop crop = upright;
  if (orientation.transpose) {
    std::swap(crop.top, crop.left);
    std::swap(crop.height, crop.width);
  }
  if (orientation.flip_rows) crop.top = stored_height - crop.top - crop.height;
  if (orientation.flip_columns) crop.left = stored_width - crop.left - crop.width;
  return crop;
}

Box upright_box(const Orientation& orientation, const Box& stored, const PixelView& view) {
  Box box = stored;
  if (orientation.flip_rows) box.top = view.height - box.top - box.height;
  if (orientation.flip_columns) box.left = view.width - box.left - box.width;
  if (orientation.transpose) {
    std::swap(box.top, box.left);
    std::swap(box.height, box.width);
  }
  return box;
}

PixelView turned_upright(const Orientation& orientation, const PixelView& view,
                         std::vector<std::uint8_t>& pixels) {
  const auto channels = static_cast<std::size_t>(view.channels);
  const int height = orientation.transpose ? view.width : view.height;
  const int width = orientation.transpose ? view.height : view.width;
  const std::size_t row_bytes = static_cast<std::size_t>(width) * channels;
  room(pixels, row_bytes * static_cast<std::size_t>(height));
  // A step to the right in the upright image, in bytes of the stored one.
  const auto step = static_cast<std::ptrdiff_t>(orientation.transpose ? view.row_bytes : channels);
  const bool backwards = orientation.transpose ? orientation.flip_rows : orientation.flip_columns;
  for (int y = 0; y < height; ++y) {
    const Crop first = stored_crop(orientation, {y, 0, 1, 1}, view.height, view.width);
    const auto* from = view.row(first.top) + static_cast<std::size_t>(first.left) * channels;
    auto* to = pixels.data() + y * row_bytes;
    for (int x = 0; x < width; ++x, to += channels, from += backwards ? -step : step) {
      for (std::size_t c = 0; c < channels; ++c) to[c] = from[c];
    }
  }
  return {pixels.data(), height, width, view.channels, row_bytes};
}

}  // namespace dbot::data
