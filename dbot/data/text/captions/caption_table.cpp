#include "dbot/data/text/captions/caption_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "dbot/data/data_error.h"
#include "dbot/data/image/codec.h"
#include "dbot/data/text/captions/caption_names.h"
#include "dbot/data/text/captions/separated_rows.h"

namespace dbot::data {
namespace {

using Row = std::vector<std::string>;

constexpr std::size_t kLongestFirstLine = std::size_t{1} << 16;

std::string_view without_mark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

/// "a.jpg" of "a.jpg#0".
std::string_view without_number(std::string_view image) {
  const auto mark = image.rfind('#');
  if (mark == std::string_view::npos || mark + 1 == image.size()) return image;
  const auto number = image.substr(mark + 1);
  const bool digits =
      std::ranges::all_of(number, [](unsigned char digit) { return std::isdigit(digit) != 0; });
  return digits && has_image_extension(image.substr(0, mark)) ? image.substr(0, mark) : image;
}

/// Where the fields of a row stand.
struct CaptionColumns {
  std::size_t count = 2;
  std::size_t image = 0, caption = 1;
  bool header = false;
};

std::optional<CaptionColumns> columns_of(const Row& first) {
  const int image = find_named(first, kCaptionImageNames);
  const int caption = find_named(first, kCaptionNames);
  if (image >= 0 && caption >= 0) {
    return CaptionColumns{.count = first.size(),
                          .image = static_cast<std::size_t>(image),
                          .caption = static_cast<std::size_t>(caption),
                          .header = true};
  }
  const bool row =
      first.size() >= 2 && has_image_extension(without_number(without_white_space(first.front())));
  return row ? std::optional(CaptionColumns{}) : std::nullopt;
}

}  // namespace

std::optional<char> caption_separator(std::string_view text, char usual) {
  text = without_mark(text);
  const auto begin = text.find_first_not_of("\r\n");
  if (begin == std::string_view::npos) return std::nullopt;
  text.remove_prefix(begin);
  const auto line = text.substr(0, std::min(text.find('\n'), kLongestFirstLine));
  for (const char separator : {usual, ',', '\t', ';', '|'}) {
    try {
      const auto row = SeparatedRows(line, separator, "").next();
      if (row && columns_of(*row)) return separator;
    } catch (const DataError&) {
      // A first caption may go on in the next line: the name before it tells.
      const auto field = line.substr(0, line.find(separator));
      const Row row{std::string(field), {}};
      if (field.size() < line.size() && columns_of(row)) return separator;
    }
  }
  return std::nullopt;
}

CaptionList parse_caption_table(std::string_view text, char usual, std::string_view name) {
  const auto separator = caption_separator(text, usual);
  SeparatedRows rows(without_mark(text), separator.value_or(usual), name);
  CaptionList captions;
  std::optional<CaptionColumns> columns;
  while (const auto row = rows.next()) {
    const auto refuse = [&](Fault fault, const std::string& reason) {
      throw data_error(fmt::format("{}:{}", name, rows.line()), fault, reason);
    };
    if (!columns) {
      columns = columns_of(*row);
      if (!columns) {
        refuse(Fault::corrupt,
               fmt::format("heads no table of captions: {}; call its columns \"image\" and "
                           "\"caption\"",
                           fmt::join(*row, ", ")));
      }
      if (columns->header) continue;
    }
    if (row->size() != columns->count) {
      refuse(Fault::corrupt,
             fmt::format("has {} fields, expected {}; put a caption that holds the separator in "
                         "quotes",
                         row->size(), columns->count));
    }
    const auto image = without_number(without_white_space((*row)[columns->image]));
    if (image.empty()) refuse(Fault::corrupt, "names no image");
    captions.add(image, (*row)[columns->caption]);
  }
  return captions;
}

}  // namespace dbot::data
