#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dbot::data {

/// The rows of a table of fields with a separator between them. With commas and semicolons by RFC
/// 4180: a field in quotes holds separators and line ends, and "" is a quote. With tabs and bars
/// quotes count where they enclose a field of one line; others are ordinary text. Lines end in LF
/// or CR LF; empty ones are passed over.
class SeparatedRows {
 public:
  /// `name` is the file's in messages; both texts outlive this object.
  SeparatedRows(std::string_view text, char separator, std::string_view name)
      : rest_(text), separator_(separator), name_(name) {}

  /// The next row; none at the end. Throws DataError ("[data] NAME:LINE: reason") for a quote that
  /// is not closed, text behind a closing quote, and a byte 0.
  std::optional<std::vector<std::string>> next();
  /// Where that row begins, from 1.
  std::int64_t line() const { return line_; }

 private:
  std::string field();
  std::string quoted_field();
  bool enclosed_in_line() const;
  bool at_line_end() const {
    return rest_.empty() || rest_[0] == '\n' || rest_.starts_with("\r\n");
  }
  void end_line();

  std::string_view rest_;
  char separator_;
  std::string_view name_;
  std::int64_t line_ = 0, next_line_ = 1;
};

}  // namespace dbot::data
