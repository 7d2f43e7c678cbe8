#include "dbot/report/pictures/sheet/contact_sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dbot/data/image/crop.h"
#include "dbot/report/pictures/set/png_write.h"
#include "dbot/report/pictures/sheet/bitmap_font.h"

namespace dbot::report {
namespace {

Colour at(const data::Image& image, int y, int x) {
  const std::uint8_t* pixel =
      image.pixels.data() + static_cast<std::size_t>(y) * image.row_bytes() + 3 * x;
  return {pixel[0], pixel[1], pixel[2]};
}

bool same(Colour a, Colour b) {
  return a.red == b.red && a.green == b.green && a.blue == b.blue;
}

/// Pixels that are not `paper` in a part of a picture.
std::int64_t drawn(const data::Image& image, data::Crop part, Colour paper) {
  std::int64_t count = 0;
  for (int y = part.top; y < part.top + part.height; ++y) {
    for (int x = part.left; x < part.left + part.width; ++x) {
      count += same(at(image, y, x), paper) ? 0 : 1;
    }
  }
  return count;
}

constexpr Colour kWhite{255, 255, 255}, kRed{200, 10, 10}, kBlue{10, 10, 200};

SheetTile tile(Colour colour, std::vector<std::string> lines = {}, bool marked = false) {
  return {.picture = plain_image({64, 128}, colour), .lines = std::move(lines), .marked = marked};
}

TEST(ContactSheet, PutsWhatIsAskedForLeftOfTheOthers) {
  const data::Image sheet =
      contact_sheet({{.left = tile(kRed), .tiles = {tile(kBlue), tile(kBlue)}}});
  EXPECT_EQ(sheet.width, 12 + 128 + 12 + 12 + 2 * (128 + 12));
  const int middle = 12 + 64;  // a picture that is half as high stands in the middle of its place
  EXPECT_TRUE(same(at(sheet, middle, 12 + 64), kRed));
  EXPECT_TRUE(same(at(sheet, middle, 164 + 64), kBlue));
  EXPECT_TRUE(same(at(sheet, middle, 164 + 140 + 64), kBlue));
  EXPECT_TRUE(same(at(sheet, 12 + 8, 12 + 64), kWhite));
}

TEST(ContactSheet, WritesBelowThePicturesAndFramesWhatIsMarked) {
  const data::Crop below{12 + 128 + 4, 12, kGlyphHeight, 128};
  const auto sheet_of = [](SheetTile left) {
    return contact_sheet({{.left = std::move(left), .tiles = {tile(kBlue, {"x"})}}});
  };
  EXPECT_EQ(drawn(sheet_of(tile(kRed, {""})), below, kWhite), 0);
  const data::Image written = sheet_of(tile(kRed, {"query"}));
  EXPECT_GT(drawn(written, below, kWhite), 30);
  EXPECT_TRUE(same(at(written, 12 - 2, 12 + 5), kWhite));
  EXPECT_FALSE(same(at(sheet_of(tile(kRed, {"query"}, true)), 12 - 2, 12 + 5), kWhite));
}

TEST(ContactSheet, HasTwelveBesideEachOther) {
  const std::vector<SheetTile> many(13, tile(kBlue));
  const data::Image one_row = contact_sheet({{.left = tile(kRed), .tiles = {12, tile(kBlue)}}});
  const data::Image two_rows = contact_sheet({{.left = tile(kRed), .tiles = many}});
  EXPECT_EQ(two_rows.width, one_row.width);
  EXPECT_EQ(two_rows.height, one_row.height + 128 + 4 + 12);
}

TEST(ContactSheet, LeavesAPlaceForWhatCannotBeShown) {
  const data::Image sheet = contact_sheet({{.left = tile(kRed), .tiles = {SheetTile{}}}});
  EXPECT_FALSE(same(at(sheet, 12 + 64, 164 + 64), kWhite));
}

TEST(ContactSheet, StopsBeforeItIsTooLarge) {
  const std::vector<SheetRow> rows(200, SheetRow{.left = tile(kRed), .tiles = {tile(kBlue)}});
  const std::size_t fit = rows_of_sheet(rows);
  EXPECT_LT(fit, 200U);
  EXPECT_GT(fit, 90U);
  const data::Image sheet = contact_sheet(rows);
  EXPECT_LE(sheet.height, most_png_side);
  EXPECT_GT(sheet.height, most_png_side - 200);
}

TEST(SheetText, CutsTheMiddleOfLongNames) {
  EXPECT_EQ(sheet_text("cat/0001.png", 21), "cat/0001.png");
  EXPECT_EQ(sheet_text("a_long_folder/with/cat/0001.png", 21), "a_long../cat/0001.png");
}

TEST(SheetText, HasOneMarkForWhatIsNotDrawn) {
  EXPECT_EQ(sheet_text("ca\u00f1\u00f3n\n.png", 21), "ca??n?.png");
}

TEST(BitmapFont, HasAShapeForEachCharacter) {
  for (char character = '!'; character <= '~'; ++character) {
    std::int64_t pixels = 0;
    for (std::int64_t row = 0; row < kGlyphHeight; ++row) {
      EXPECT_LT(glyph_row(character, row), 64U);
      pixels += glyph_row(character, row) == 0 ? 0 : 1;
    }
    EXPECT_GT(pixels, 0) << character;
  }
  EXPECT_EQ(glyph_row('-', 6), 0x3eU);
  EXPECT_EQ(glyph_row('\n', 4), glyph_row('?', 4));
}

}  // namespace
}  // namespace dbot::report
