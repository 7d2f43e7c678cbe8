#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dbot::report {

/// Rows of text as a table of plain ASCII rules: the first row is the head, the first column is
/// aligned left and all others right. Rows may be shorter than the head. Ends with a newline.
std::string text_table(const std::vector<std::vector<std::string>>& rows);

/// Columns a terminal needs for UTF-8 text, one for each code point.
std::size_t display_width(std::string_view text);

}  // namespace dbot::report
