#include "dbot/core/settings/toml_document.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "dbot/core/error.h"

namespace dbot::core {
namespace {

// toml++ bounds the nesting of values, but not that of dotted keys ("a.a.a.…"), and it walks both
// by recursion: without a bound, a small file could exhaust the stack.
constexpr int kDeepestKey = 64;
constexpr std::size_t kLargestDocument = std::size_t{4} << 20;

void check_bounds(std::string_view text, std::string_view file_name) {
  if (text.size() > kLargestDocument) {
    throw UsageError(fmt::format("{}: the document has {} bytes, expected at most {}", file_name,
                                 text.size(), kLargestDocument));
  }
  int dots = 0;
  std::int64_t line = 1;
  for (const char character : text) {
    if (character == '.') ++dots;
    if (std::string_view("\n=,[]{}\"'/").find(character) != std::string_view::npos) dots = 0;
    if (character == '\n') ++line;
    if (dots > kDeepestKey) {
      throw UsageError(
          fmt::format("{}:{}: more than {} dots in a row of words, expected keys of "
                      "the form section.key",
                      file_name, line, kDeepestKey));
    }
  }
}

bool is_bare_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char character) {
    return std::isalnum(character) || character == '_' || character == '-';
  });
}

std::string join_key(const std::string& table, std::string_view part) {
  const std::string word = is_bare_word(part) ? std::string(part) : toml_text(std::string(part));
  return table.empty() ? word : table + "." + word;
}

template <typename Printable>
TomlValue other_value(const Printable& value) {
  std::ostringstream text;
  text << value;
  return {TomlOther{text.str()}};
}

TomlValue convert(const toml::node& node) {
  if (const auto* integer = node.as_integer()) return {integer->get()};
  if (const auto* number = node.as_floating_point()) return {number->get()};
  if (const auto* boolean = node.as_boolean()) return {boolean->get()};
  if (const auto* text = node.as_string()) return {text->get()};
  if (const auto* date = node.as_date()) return other_value(date->get());
  if (const auto* time = node.as_time()) return other_value(time->get());
  if (const auto* moment = node.as_date_time()) return other_value(moment->get());
  if (const auto* array = node.as_array()) {
    TomlArray values;
    for (const toml::node& element : *array) values.push_back(convert(element));
    return {std::move(values)};
  }
  return {TomlTable{}};
}

void flatten(const toml::table& table, const std::string& name, std::vector<TomlEntry>& entries) {
  for (const auto& [key, node] : table) {
    const std::string full = join_key(name, key.str());
    entries.push_back({full, convert(node), node.source().begin.line});
    if (const toml::table* inner = node.as_table()) flatten(*inner, full, entries);
  }
}

}  // namespace

std::vector<TomlEntry> parse_toml(std::string_view text, std::string_view file_name) {
  check_bounds(text, file_name);
  std::vector<TomlEntry> entries;
  try {
    flatten(toml::parse(text), "", entries);
  } catch (const toml::parse_error& error) {
    const toml::source_position where = error.source().begin;
    throw UsageError(fmt::format("{}:{}:{}: not TOML: {}", file_name, where.line, where.column,
                                 error.description()));
  }
  // toml++ keeps keys by name; people read them by line.
  std::stable_sort(entries.begin(), entries.end(),
                   [](const TomlEntry& a, const TomlEntry& b) { return a.line < b.line; });
  return entries;
}

}  // namespace dbot::core
