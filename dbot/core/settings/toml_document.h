#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// A TOML document as a flat list of keys and values: all that settings need of the language.
namespace dbot::core {

struct TomlTable {
  std::string kind = "a table";  // in words
};
/// Dates and times, which no setting is.
struct TomlOther {
  std::string text;  // as in the document
};
struct TomlValue;
using TomlArray = std::vector<TomlValue>;

struct TomlValue {
  std::variant<std::int64_t, double, bool, std::string, TomlArray, TomlTable, TomlOther> value;
};

struct TomlEntry {
  std::string key;  // with its tables: "model.width"; a part that is no bare word is quoted
  TomlValue value;
  std::int64_t line = 0;  // from 1
};

/// The values and the tables of a document, by line. A table stands before what is in it. Throws
/// UsageError with `file_name`, line, column and reason for text that is not TOML.
std::vector<TomlEntry> parse_toml(std::string_view text, std::string_view file_name);

/// How TOML writes a value: the shortest number that reads back to the same bits, a quoted text.
std::string toml_text(std::int64_t value);
std::string toml_text(double value);
std::string toml_text(bool value);
std::string toml_text(const std::string& value);
std::string toml_text(const TomlValue& value);

template <typename Number>
std::string toml_text(const std::vector<Number>& values) {
  std::string text = "[";
  for (const Number& value : values) {
    if (text.size() > 1) text += ", ";
    text += toml_text(value);
  }
  return text + "]";
}

/// As `toml_differences` (settings.h), for documents of several versions of a program: a key that
/// one of them lacks has there its value in `defaults`.
std::vector<std::string> toml_differences(std::string_view before, std::string_view after,
                                          std::string_view defaults);

}  // namespace dbot::core
