#include "dbot/report/text/table.h"

#include <algorithm>

namespace dbot::report {
namespace {

constexpr std::string_view column_gap = "  ";

std::vector<std::size_t> column_widths(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  return widths;
}

void append_line(std::string& table, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  table += line + "\n";
}

}  // namespace

std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;  // not a continuation byte
  }));
}

std::string text_table(const std::vector<std::vector<std::string>>& rows) {
  const std::vector<std::size_t> widths = column_widths(rows);
  std::string table;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      const std::string& cell = rows[r][i];
      const std::string padding(widths[i] - display_width(cell), ' ');
      if (i > 0) line += column_gap;
      line += i == 0 ? cell + padding : padding + cell;
    }
    append_line(table, std::move(line));
    if (r > 0) continue;
    std::string rule;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (i > 0) rule += column_gap;
      rule.append(widths[i], '-');
    }
    append_line(table, std::move(rule));
  }
  return table;
}

}  // namespace dbot::report
