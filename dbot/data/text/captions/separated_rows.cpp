#include "dbot/data/text/captions/separated_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "dbot/data/data_error.h"

namespace dbot::data {
namespace {

[[noreturn]] void refuse_row(std::string_view name, std::int64_t line, std::string_view reason) {
  throw data_error(fmt::format("{}:{}", name, line), Fault::corrupt, reason);
}

}  // namespace

std::optional<std::vector<std::string>> SeparatedRows::next() {
  while (!rest_.empty() && at_line_end()) end_line();
  if (rest_.empty()) return std::nullopt;
  line_ = next_line_;
  std::vector<std::string> fields;
  while (true) {
    fields.push_back(field());
    if (fields.back().find('\0') != std::string::npos) {
      refuse_row(name_, line_, "holds a byte 0; this is no table of captions");
    }
    if (at_line_end()) break;
    rest_.remove_prefix(1);
  }
  end_line();
  return fields;
}

void SeparatedRows::end_line() {
  const auto end = rest_.find('\n');
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  ++next_line_;
}

std::string SeparatedRows::field() {
  if (rest_.starts_with('"')) {
    const bool by_rfc = separator_ == ',' || separator_ == ';';
    if (by_rfc || enclosed_in_line()) return quoted_field();
  }
  std::size_t end = 0;
  while (end < rest_.size() && rest_[end] != separator_ && rest_[end] != '\n') ++end;
  std::string_view text = rest_.substr(0, end);
  if ((end == rest_.size() || rest_[end] == '\n') && text.ends_with('\r')) text.remove_suffix(1);
  rest_.remove_prefix(text.size());
  if (rest_ == "\r") rest_.remove_prefix(1);  // the last line's
  return std::string(text);
}

/// Whether the quote that comes is closed in its line, before a separator or the line's end.
bool SeparatedRows::enclosed_in_line() const {
  for (std::size_t i = 1; i < rest_.size() && rest_[i] != '\n'; ++i) {
    if (rest_[i] != '"') continue;
    const auto behind = rest_.substr(i + 1);
    if (behind.starts_with('"')) {
      ++i;
      continue;
    }
    return behind.empty() || behind[0] == separator_ || behind[0] == '\n' ||
           behind.starts_with("\r\n");
  }
  return false;
}

std::string SeparatedRows::quoted_field() {
  const auto begun = next_line_;
  std::string text;
  rest_.remove_prefix(1);
  while (true) {
    const auto quote = rest_.find('"');
    if (quote == std::string_view::npos) refuse_row(name_, begun, "has a quote that is not closed");
    next_line_ += std::ranges::count(rest_.substr(0, quote), '\n');
    text.append(rest_.substr(0, quote));
    rest_.remove_prefix(quote + 1);
    if (!rest_.starts_with('"')) break;
    text += '"';
    rest_.remove_prefix(1);
  }
  while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  if (rest_ == "\r") rest_.remove_prefix(1);
  if (at_line_end() || rest_[0] == separator_) return text;
  refuse_row(name_, begun, "goes on behind a closing quote; a quote within quotes is written \"\"");
}

}  // namespace dbot::data
