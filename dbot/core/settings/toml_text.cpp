#include <fmt/format.h>

#include <cmath>

#include "dbot/core/settings/toml_document.h"

namespace dbot::core {
namespace {

std::string escape(char character) {
  switch (character) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\t':
      return "\\t";
    case '\r':
      return "\\r";
    default:
      break;
  }
  const auto code = static_cast<unsigned char>(character);
  if (code < 0x20 || code == 0x7F) return fmt::format("\\u{:04X}", code);
  return std::string(1, character);
}

struct TextOf {
  template <typename Value>
  std::string operator()(const Value& value) const {
    return toml_text(value);
  }
  std::string operator()(const TomlTable& table) const { return table.kind; }
  std::string operator()(const TomlOther& other) const { return other.text; }
};

}  // namespace

std::string toml_text(std::int64_t value) {
  return fmt::format("{}", value);
}

std::string toml_text(double value) {
  if (std::isnan(value)) return "nan";
  std::string text = fmt::format("{}", value);
  // "1" would read back as an integer.
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

std::string toml_text(bool value) {
  return value ? "true" : "false";
}

std::string toml_text(const std::string& value) {
  std::string text = "\"";
  for (const char character : value) text += escape(character);
  return text + "\"";
}

std::string toml_text(const TomlValue& value) {
  return std::visit(TextOf{}, value.value);
}

}  // namespace dbot::core
