#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "dbot/data/image/resize_crop.h"

namespace dbot::data {

/// How an image is to be turned before it is shown (EXIF tag 274). Pixel (y, x) of the upright
/// image is the stored one at (x, y) if transposed, else at (y, x), counted from the last row or
/// column where flipped.
struct Orientation {
  bool transpose = false, flip_rows = false, flip_columns = false;
  bool upright() const { return !transpose && !flip_rows && !flip_columns; }
  bool operator==(const Orientation&) const = default;
};

/// Of EXIF's values 1…8; any other number means upright.
Orientation orientation_of(int value);

/// The orientation that an EXIF block names (a TIFF header with its first directory, with or
/// without "Exif\0\0" before it); none where the block is broken or does not say.
std::optional<Orientation> exif_orientation(std::span<const std::uint8_t> block);

/// The orientation that an XMP packet names ("tiff:Orientation"); none where it does not say.
std::optional<Orientation> xmp_orientation(std::span<const std::uint8_t> packet);

/// What the blocks of a file say together: EXIF comes first, XMP stands in for it, as in Pillow.
class StoredTurn {
 public:
  void exif(std::span<const std::uint8_t> block) {
    if (!exif_) exif_ = exif_orientation(block);
  }
  void xmp(std::span<const std::uint8_t> packet) {
    if (!xmp_) xmp_ = xmp_orientation(packet);
  }
  Orientation orientation() const { return exif_ ? *exif_ : xmp_.value_or(Orientation{}); }

 private:
  std::optional<Orientation> exif_, xmp_;
};

/// The stored pixels under a rectangle of the upright image.
Crop stored_crop(const Orientation& orientation, const Crop& upright, int stored_height,
                 int stored_width);

/// A box of the stored view after turning; the reverse of `stored_crop`.
Box upright_box(const Orientation& orientation, const Box& stored, const PixelView& view);

/// Copies the view, upright, into `pixels`, which grows where it is too small.
PixelView turned_upright(const Orientation& orientation, const PixelView& view,
                         std::vector<std::uint8_t>& pixels);

}  // namespace dbot::data
