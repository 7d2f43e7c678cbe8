#pragma once

#include <cstdint>
#include <string_view>

// Letters as pixels, for pictures that stand by themselves. Pages use the reader's fonts.
namespace dbot::report {

inline constexpr std::int64_t kGlyphWidth = 6, kGlyphHeight = 13;

/// Whether there is a shape for it: printable ASCII. Others are drawn as "?".
bool is_drawn(char character);

/// Row 0 to 12 of a character's shape: the lowest six bits, whose highest is the leftmost pixel.
unsigned glyph_row(char character, std::int64_t row);

}  // namespace dbot::report
