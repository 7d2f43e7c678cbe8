#pragma once

#include <optional>
#include <string_view>

#include "dbot/data/text/captions/caption_list.h"

namespace dbot::data {

/// The separator of a table of captions, by its first line: comma, tab, semicolon or bar, `usual`
/// before the others; none where the line neither heads such a table nor is a row of one.
std::optional<char> caption_separator(std::string_view text, char usual);

/// A table of captions (separated_rows.h). The first row is a header where it has a column of
/// images (image, file_name, filename, file, path, filepath, img, image_path, key, image_name) and
/// one of captions (caption, captions, text, comment, sentence, …); other columns do not matter.
/// Without a header each row is an image file's name and a caption. "a.jpg#0" is the image "a.jpg"
/// (Flickr8k). Throws DataError ("[data] NAME:LINE: reason") for a row with another number of
/// fields, or without an image, and for what is no such table.
CaptionList parse_caption_table(std::string_view text, char usual, std::string_view name);

}  // namespace dbot::data
