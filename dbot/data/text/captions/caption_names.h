#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

// What columns of tables, keys of JSON and columns of Parquet are called.
namespace dbot::data {

inline constexpr std::array<std::string_view, 10> kCaptionImageNames{
    "image",    "file_name", "filename",   "file", "path",
    "filepath", "img",       "image_path", "key",  "image_name"};
inline constexpr std::array<std::string_view, 10> kCaptionNames{
    "caption",   "captions", "text",        "comment",  "sentence",
    "sentences", "raw",      "description", "alt_text", "title"};

/// In small letters (ASCII).
std::string in_small_letters(std::string_view text);

/// Place of the first of `names` that `fields` has, in any case and without spaces around it; −1:
/// none. Names that come first are taken first.
int find_named(std::span<const std::string> fields, std::span<const std::string_view> names);

/// Without spaces, tabs and line ends at its ends.
std::string_view without_white_space(std::string_view text);

}  // namespace dbot::data
