#pragma once

#include <filesystem>
#include <string>

#include "dbot/data/image/image.h"

namespace dbot::report {

/// Sides beyond this are refused: no browser shows them.
inline constexpr int most_png_side = 16384;

/// The bytes of an 8-bit PNG file, grey or RGB by the image's channels; equal images give equal
/// bytes. Throws Error if the image is empty, too large or inconsistent.
std::string encode_png(const data::Image& image);

/// Writes it aside and renames it, so that a file of this name is always whole. Throws Error.
void write_png(const std::filesystem::path& path, const data::Image& image);

}  // namespace dbot::report
