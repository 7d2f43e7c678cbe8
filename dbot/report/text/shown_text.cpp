#include "dbot/report/text/shown_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace dbot::report {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  // 0: not UTF-8
};

// The first character of a text that is not empty. Unicode, table 3-7: no overlong forms, no
// surrogates, nothing above U+10FFFF.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  std::uint32_t code = lead & (0x7Fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[bytes] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {};
  return {code, bytes};
}

bool is_between(std::uint32_t code, std::uint32_t low, std::uint32_t high) {
  return code >= low && code <= high;
}

// Controls, marks of direction, and separators that scripts take for line ends.
bool is_hidden(std::uint32_t code) {
  return code < 0x20 || is_between(code, 0x7F, 0x9F) || code == 0x061C ||
         is_between(code, 0x200B, 0x200F) || is_between(code, 0x2028, 0x202E) ||
         is_between(code, 0x2060, 0x206F) || code == 0xFEFF || is_between(code, 0xFFF9, 0xFFFB) ||
         is_between(code, 0xE0000, 0xE007F);
}

}  // namespace

std::string shown_text(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const auto [code, bytes] = first_character(text);
    const bool layout = code == '\n' || code == '\t';
    if (bytes == 0 || (is_hidden(code) && !layout)) {
      shown += replacement;
    } else {
      shown += text.substr(0, bytes);
    }
    text.remove_prefix(std::max<std::size_t>(1, bytes));
  }
  return shown;
}

std::string shell_word(std::string_view text) {
  const bool plain = !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./=:,+@%").find(c) != std::string_view::npos;
  });
  if (plain) return std::string(text);
  std::string quoted, escaped;
  bool showable = true;
  for (std::string_view rest = text; !rest.empty();) {
    const auto [code, bytes] = first_character(rest);
    const std::string_view character = rest.substr(0, std::max<std::size_t>(1, bytes));
    rest.remove_prefix(character.size());
    quoted += character == "'" ? "'\\''" : character;
    if (bytes == 0 || is_hidden(code)) {
      showable = false;
      for (const char byte : character) {
        escaped += fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
      }
      // A hexadecimal digit behind would become part of the number.
      if (!rest.empty()) escaped += "'$'";
    } else {
      escaped += character == "'" ? "\\'" : character == "\\" ? "\\\\" : character;
    }
  }
  return showable ? "'" + quoted + "'" : "$'" + escaped + "'";
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      text += j <= count ? digits[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return text;
}

}  // namespace dbot::report
