#include "dbot/data/text/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace dbot::data {

CodePoint first_code_point(std::string_view text) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  constexpr std::size_t kLongest = 4;
  utf8proc_int32_t value = 0;
  const auto used = utf8proc_iterate(
      bytes, static_cast<utf8proc_ssize_t>(std::min(text.size(), kLongest)), &value);
  if (used <= 0) return {.value = U'\uFFFD', .bytes = 1, .broken = true};
  return {.value = static_cast<char32_t>(value), .bytes = static_cast<std::size_t>(used)};
}

std::int64_t broken_bytes(std::string_view text) {
  std::int64_t broken = 0;
  while (!text.empty()) {
    const auto point = first_code_point(text);
    broken += point.broken ? 1 : 0;
    text.remove_prefix(point.bytes);
  }
  return broken;
}

void append_code_point(std::string& text, char32_t value) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto count = utf8proc_encode_char(static_cast<utf8proc_int32_t>(value), bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(count));
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

bool is_letter(char32_t value) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(value));
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

}  // namespace dbot::data
