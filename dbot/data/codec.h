#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "dbot/data/image.h"

namespace dbot::data {

/// Images with more pixels are refused before memory is taken for them.
inline constexpr std::uint64_t max_pixels = std::uint64_t{1} << 28;

/// Decodes JPEG or PNG bytes, told apart by their content, to `channels` (1: luma, 3: RGB); pixels
/// equal Pillow's `Image.open(…).convert("L" or "RGB")`, except that 16-bit grey keeps its upper
/// byte (Pillow clips it to white). `name` is for messages. Throws DataError
/// ("[data] NAME: reason") for anything but a whole, sound image.
Image decode_image(std::span<const std::uint8_t> bytes, int channels, std::string_view name);

/// True if the extension is one of .jpg .jpeg .jpe .png, in any case.
bool has_image_extension(std::string_view file_name);

/// Throws DataError if an image of this size is empty or beyond `max_pixels`.
void check_image_size(std::uint64_t height, std::uint64_t width, std::string_view name);

}  // namespace dbot::data
