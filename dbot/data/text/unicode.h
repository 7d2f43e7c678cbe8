#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Code points, and what the Unicode standard says of them.
namespace dbot::data {

/// The code point that a text begins with, and its bytes. Where these are no UTF-8 it is U+FFFD,
/// one byte long, and `broken`. The text is not empty.
struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
  bool broken = false;
};
CodePoint first_code_point(std::string_view text);

/// Bytes of a text that are no UTF-8 (the Unicode standard, 3.9).
std::int64_t broken_bytes(std::string_view text);

/// Behind it, in UTF-8.
void append_code_point(std::string& text, char32_t value);

/// How many code points a sound text has.
std::size_t code_points(std::string_view text);

/// Whether it is a letter of any script (general category L).
bool is_letter(char32_t value);

}  // namespace dbot::data
