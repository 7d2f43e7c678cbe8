#include "dbot/report/pictures/sheet/contact_sheet.h"

#include <algorithm>

#include "dbot/report/pictures/set/png_write.h"
#include "dbot/report/pictures/sheet/bitmap_font.h"

namespace dbot::report {
namespace {

constexpr Colour kPaper{255, 255, 255}, kInk{40, 44, 52}, kMarked{176, 60, 20},
    kLine{214, 214, 210}, kEmpty{236, 236, 233};
constexpr std::int64_t kGap = 12, kTextGap = 4, kFrame = 3;
constexpr std::int64_t kMostBeside = 12;
constexpr auto kColumns = static_cast<std::size_t>(kSheetTile / kGlyphWidth);

/// Where the pictures of a row begin, right of what is asked for.
constexpr std::int64_t kTilesBegin = 3 * kGap + kSheetTile;

void fill(data::Image& canvas, core::Size size, std::int64_t top, std::int64_t left,
          Colour colour) {
  paste(canvas, plain_image(size, colour), top, left);
}

std::int64_t lines_of(const SheetRow& row) {
  std::size_t most = row.left.lines.size();
  for (const SheetTile& tile : row.tiles) most = std::max(most, tile.lines.size());
  return static_cast<std::int64_t>(most);
}

std::int64_t tile_height(const SheetRow& row) {
  return kSheetTile + kTextGap + lines_of(row) * kGlyphHeight;
}

std::int64_t height_of(const SheetRow& row) {
  const auto tiles = std::max<std::int64_t>(1, std::ssize(row.tiles));
  return (tiles + kMostBeside - 1) / kMostBeside * (tile_height(row) + kGap) + kGap;
}

void draw_tile(data::Image& canvas, const SheetTile& tile, std::int64_t top, std::int64_t left) {
  const data::Image& picture = tile.picture;
  if (tile.marked) {
    fill(canvas, {kSheetTile + 2 * kFrame, kSheetTile + 2 * kFrame}, top - kFrame, left - kFrame,
         kMarked);
  }
  fill(canvas, {kSheetTile, kSheetTile}, top, left, picture.pixels.empty() ? kEmpty : kPaper);
  if (!picture.pixels.empty()) {
    paste(canvas, picture, top + (kSheetTile - picture.height) / 2,
          left + (kSheetTile - picture.width) / 2);
  }
  std::int64_t line = top + kSheetTile + kTextGap;
  for (const std::string& text : tile.lines) {
    write_text(canvas, sheet_text(text, kColumns), line, left, tile.marked ? kMarked : kInk);
    line += kGlyphHeight;
  }
}

void draw_row(data::Image& canvas, const SheetRow& row, std::int64_t top) {
  draw_tile(canvas, row.left, top + kGap, kGap);
  const std::int64_t height = height_of(row);
  fill(canvas, {height - kGap, 1}, top + kGap / 2, kTilesBegin - kGap, kLine);
  for (std::int64_t i = 0; i < std::ssize(row.tiles); ++i) {
    draw_tile(canvas, row.tiles[static_cast<std::size_t>(i)],
              top + kGap + i / kMostBeside * (tile_height(row) + kGap),
              kTilesBegin + i % kMostBeside * (kSheetTile + kGap));
  }
  fill(canvas, {1, canvas.width}, top + height - 1, 0, kLine);
}

/// Ends of a row's text in place of its middle: names differ at their ends.
std::string cut(std::string text, std::size_t columns) {
  if (text.size() <= columns) return text;
  constexpr std::string_view kDots = "..";
  const std::size_t before = (columns - kDots.size()) / 3;
  const std::size_t after = columns - kDots.size() - before;
  return text.substr(0, before) + std::string(kDots) + text.substr(text.size() - after);
}

}  // namespace

std::string sheet_text(std::string_view text, std::size_t columns) {
  std::string plain;
  for (const char byte : text) {
    const bool continues = (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
    if (!continues) plain += is_drawn(byte) ? byte : '?';
  }
  return cut(std::move(plain), columns);
}

void write_text(data::Image& canvas, std::string_view text, std::int64_t top, std::int64_t left,
                Colour colour) {
  for (const char character : text) {
    if (left + kGlyphWidth > canvas.width) return;
    for (std::int64_t y = 0; y < kGlyphHeight && top + y < canvas.height; ++y) {
      const unsigned row = glyph_row(character, y);
      for (std::int64_t x = 0; x < kGlyphWidth; ++x) {
        if ((row >> static_cast<unsigned>(kGlyphWidth - 1 - x) & 1U) == 0) continue;
        fill(canvas, {1, 1}, top + y, left + x, colour);
      }
    }
    left += kGlyphWidth;
  }
}

std::size_t rows_of_sheet(const std::vector<SheetRow>& rows) {
  std::size_t count = 0;
  for (std::int64_t height = 0; count < rows.size(); ++count) {
    height += height_of(rows[count]);
    if (count > 0 && height > most_png_side) break;
  }
  return count;
}

data::Image contact_sheet(const std::vector<SheetRow>& rows) {
  const std::size_t drawn = rows_of_sheet(rows);
  std::int64_t height = 0, beside = 1;
  for (std::size_t i = 0; i < drawn; ++i) {
    height += height_of(rows[i]);
    beside = std::max(beside, std::min(kMostBeside, std::ssize(rows[i].tiles)));
  }
  data::Image canvas = plain_image({height, kTilesBegin + beside * (kSheetTile + kGap)}, kPaper);
  std::int64_t top = 0;
  for (std::size_t i = 0; i < drawn; ++i) {
    draw_row(canvas, rows[i], top);
    top += height_of(rows[i]);
  }
  return canvas;
}

}  // namespace dbot::report
