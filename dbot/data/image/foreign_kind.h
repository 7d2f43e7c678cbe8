#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace dbot::data {

/// What the beginning of a file that is no image of a kind that is read looks like: "a GIF image",
/// "an HTML page", "text"; empty if nobody can tell.
std::string_view foreign_kind(std::span<const std::uint8_t> head);

/// True if `foreign_kind` gave a kind of image.
bool is_foreign_image(std::string_view kind);

/// Bytes that are enough for `foreign_kind`.
inline constexpr std::size_t kHeadBytes = 512;

}  // namespace dbot::data
