#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "dbot/core/settings/settings.h"
#include "dbot/data/image/crop.h"
#include "dbot/data/image/image.h"

namespace dbot::data {

/// Images with more pixels are refused before memory is taken for them.
inline constexpr std::uint64_t kMaxPixels = std::uint64_t{1} << 28;

/// Where both sides of a crop are at least so many times those of the result, a JPEG is decoded at
/// half its size; at twice as many, at a quarter; and so on. Its colour earlier: many files have
/// half the pixels of it anyway.
inline constexpr double kShrinkFrom = 4, kShrinkColourFrom = 1.5;

/// Decodes the bytes of an image file, whose kind is told by its content, to `format` (1 channel:
/// luma, 3: RGB; others only where the file has as many), upright as EXIF says. docs/data.md has
/// the kinds and the rules of colour and depth; pixels of 8 bits equal Pillow's
/// `ImageOps.exif_transpose(Image.open(…)).convert("L" or "RGB")`. `name` is for messages. Throws
/// DataError ("[data] NAME: reason") for anything but a whole, sound image.
Image decode_image(std::span<const std::uint8_t> bytes, const PixelFormat& format,
                   std::string_view name);

/// Decodes the part of an image that `choose` names, given the image's upright size, and resizes it
/// to planar [channels, size.height, size.width]. No more is decoded than is needed. The result is
/// that of decoding everything and `resize_crop`, bit for bit but for JPEG, whose planes are
/// resized as they are stored, and decoded at a half, a quarter or an eighth of their size where a
/// crop has that many more pixels: the mean difference stays below one grey level. Throws as
/// `decode_image`.
void decode_crop(std::span<const std::uint8_t> bytes, const PixelFormat& format,
                 std::string_view name, const ChooseCrop& choose, core::Size size,
                 std::span<std::uint8_t> planar);

/// Several crops of an image, at least one, which is decoded once: as much of it as they need
/// together, as finely as the finest needs. Throws as `decode_image`.
void decode_crops(std::span<const std::uint8_t> bytes, const PixelFormat& format,
                  std::string_view name, std::span<const CropRequest> requests);

/// True if the extension is one of a kind that can be read, in any case.
bool has_image_extension(std::string_view file_name);
/// That kind, by the names of `image_kind`; empty if there is none.
std::string_view kind_of_extension(std::string_view file_name);

/// Throws DataError if an image of this size is empty or beyond `kMaxPixels`.
void check_image_size(std::uint64_t height, std::uint64_t width, std::string_view name);

}  // namespace dbot::data
