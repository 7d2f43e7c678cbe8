#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dbot/data/image/image.h"
#include "dbot/report/pictures/canvas.h"

namespace dbot::report {

/// A picture of a sheet with what stands below it. Without a picture its place is grey.
struct SheetTile {
  data::Image picture;             // RGB, at most `kSheetTile` pixels a side
  std::vector<std::string> lines;  // UTF-8; cut in their middle where they are too long
  bool marked = false;             // has a frame and coloured words
};

/// One picture that is asked for, and those that belong to it.
struct SheetRow {
  SheetTile left;
  std::vector<SheetTile> tiles;
};

inline constexpr int kSheetTile = 128;  // pixels a side of a tile

/// Rows below each other: at the left what is asked for, right of a line the others, at most twelve
/// beside each other. White, readable in print. Rows that do not fit into a picture of
/// `most_png_side` pixels are left out, the first one never; `rows_of_sheet` says how many fit.
data::Image contact_sheet(const std::vector<SheetRow>& rows);
std::size_t rows_of_sheet(const std::vector<SheetRow>& rows);

/// Writes one line of text over a picture, as far as it has room.
void write_text(data::Image& canvas, std::string_view text, std::int64_t top, std::int64_t left,
                Colour colour);
/// At most `columns` characters, with dots in place of the middle; what is not printable ASCII
/// becomes "?", one for each code point.
std::string sheet_text(std::string_view text, std::size_t columns);

}  // namespace dbot::report
