#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include "dbot/core/error.h"
#include "dbot/core/settings/settings.h"
#include "dbot/core/settings/settings_words.h"
#include "dbot/core/settings/toml_document.h"

namespace dbot::core {
namespace {

using Assignment = std::function<void()>;  // empty: the value does not fit

// NaN and infinities fit nowhere.
bool fits(double value, const Range& range) {
  if (!std::isfinite(value)) return false;
  return (range.low_open ? value > range.low : value >= range.low) &&
         (range.high_open ? value < range.high : value <= range.high);
}

std::optional<std::int64_t> integer_in(const TomlValue& value, const Range& range) {
  const auto* integer = std::get_if<std::int64_t>(&value.value);
  if (!integer || !fits(static_cast<double>(*integer), range)) return std::nullopt;
  return *integer;
}

std::optional<double> number_in(const TomlValue& value, const Range& range) {
  const auto* integer = std::get_if<std::int64_t>(&value.value);
  const auto* number = std::get_if<double>(&value.value);
  if (!integer && !number) return std::nullopt;
  const double result = integer ? static_cast<double>(*integer) : *number;
  return fits(result, range) ? std::optional(result) : std::nullopt;
}

template <typename Element, typename Convert>
std::optional<std::vector<Element>> list_in(const TomlValue& value, const Range& range,
                                            Convert convert) {
  const auto* array = std::get_if<TomlArray>(&value.value);
  if (!array) return std::nullopt;
  std::vector<Element> list;
  for (const TomlValue& element : *array) {
    const std::optional<Element> converted = convert(element, range);
    if (!converted) return std::nullopt;
    list.push_back(*converted);
  }
  return list;
}

std::optional<Size> size_in(const TomlValue& value, const Range& range) {
  if (const auto side = integer_in(value, range)) return Size{*side, *side};
  const auto sides = list_in<std::int64_t>(value, range, integer_in);
  if (!sides || sides->size() != 2) return std::nullopt;
  return Size{sides->front(), sides->back()};
}

template <typename Value>
Assignment store(Value* target, std::optional<Value> value) {
  if (!value) return {};
  return [target, stored = std::move(*value)] { *target = stored; };
}

/// The place of a text among names.
std::optional<int> index_in(const TomlValue& value, const std::vector<std::string>& names) {
  const auto* given = std::get_if<std::string>(&value.value);
  if (!given) return std::nullopt;
  const auto found = std::find(names.begin(), names.end(), *given);
  if (found == names.end()) return std::nullopt;
  return static_cast<int>(found - names.begin());
}

/// One overload for each type a field can have.
struct Converter {
  const TomlValue& value;
  const Range& range;

  Assignment operator()(std::int64_t* target) const {
    return store(target, integer_in(value, range));
  }
  Assignment operator()(double* target) const { return store(target, number_in(value, range)); }
  Assignment operator()(Size* target) const { return store(target, size_in(value, range)); }
  Assignment operator()(std::vector<std::int64_t>* target) const {
    return store(target, list_in<std::int64_t>(value, range, integer_in));
  }
  Assignment operator()(std::vector<double>* target) const {
    return store(target, list_in<double>(value, range, number_in));
  }
  Assignment operator()(bool* target) const {
    const bool* given = std::get_if<bool>(&value.value);
    return given ? store(target, std::optional(*given)) : Assignment();
  }
  Assignment operator()(std::string* target) const {
    const auto* given = std::get_if<std::string>(&value.value);
    return given ? store(target, std::optional(*given)) : Assignment();
  }
  Assignment operator()(const Choice& choice) const {
    const std::optional<int> index = index_in(value, choice.names);
    if (!index) return {};
    return [set = choice.set, stored = *index] { set(stored); };
  }
  Assignment operator()(const ChoiceList& choices) const {
    const auto indices =
        list_in<int>(value, range, [&](const TomlValue& element, const Range& /*none*/) {
          return index_in(element, choices.names);
        });
    if (!indices) return {};
    return [set = choices.set, stored = *indices] { set(stored); };
  }
};

/// Checks the value; `place` ("recipe.toml:7: ") stands before the message of an error.
Assignment convert(const Field& field, const TomlValue& value, const std::string& place) {
  if (!field.refused.empty()) {
    throw UsageError(fmt::format("{}{} {}", place, field.key, field.refused));
  }
  Assignment assignment = std::visit(Converter{value, field.range}, field.target);
  if (assignment) return assignment;
  throw UsageError(fmt::format("{}{} is {}, expected {}", place, field.key, toml_text(value),
                               describe_expectation(field)));
}

const Field* find_field(const std::vector<Field>& fields, std::string_view key) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return field.key == key; });
  return found == fields.end() ? nullptr : &*found;
}

bool is_table_of_fields(const std::vector<Field>& fields, const std::string& key) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const Field& field) { return field.key.starts_with(key + "."); });
}

[[noreturn]] void throw_unknown(const std::vector<Field>& fields, const TomlEntry& entry,
                                const std::string& place) {
  if (is_table_of_fields(fields, entry.key)) {
    throw UsageError(fmt::format("{}{} is {}, expected a table of keys", place, entry.key,
                                 toml_text(entry.value)));
  }
  const bool is_table = std::holds_alternative<TomlTable>(entry.value.value);
  throw UsageError(
      fmt::format("{}{} is not a known {}{}", place, entry.key, is_table ? "table" : "key",
                  is_table ? suggest_table(fields, entry.key) : suggest_key(fields, entry.key)));
}

std::string trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kBlank) - first + 1));
}

/// The one value that `text` is in TOML; empty if it is something else.
std::optional<TomlValue> parse_value(const std::string& text) {
  try {
    std::vector<TomlEntry> entries = parse_toml("value = " + text + "\n", "");
    if (entries.size() != 1) return std::nullopt;
    return std::move(entries.front().value);
  } catch (const UsageError&) {
    return std::nullopt;
  }
}

bool takes_text(const Field& field) {
  return std::holds_alternative<std::string*>(field.target) ||
         std::holds_alternative<Choice>(field.target);
}

/// "pixels,teacher" or "[pixels, teacher]", as a shell leaves of a list of texts.
TomlValue words_in(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  TomlArray words;
  while (!trim(text).empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    words.push_back({trim(text.substr(0, comma))});
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return {std::move(words)};
}

}  // namespace

std::string assigned_key(std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  return equals == std::string_view::npos ? std::string() : trim(assignment.substr(0, equals));
}

void Settings::read_toml(std::string_view text, std::string_view file_name) {
  // Everything is checked before anything is changed.
  std::vector<Assignment> assignments;
  for (const TomlEntry& entry : parse_toml(text, file_name)) {
    const std::string place = fmt::format("{}:{}: ", file_name, entry.line);
    if (const Field* field = find_field(fields_, entry.key)) {
      assignments.push_back(convert(*field, entry.value, place));
    } else if (!std::holds_alternative<TomlTable>(entry.value.value) ||
               !is_table_of_fields(fields_, entry.key)) {
      throw_unknown(fields_, entry, place);
    }
  }
  for (const Assignment& assignment : assignments) assignment();
}

void Settings::read_assignment(std::string_view assignment) {
  constexpr const char* kPlace = "[set] ";
  const std::string key = assigned_key(assignment);
  if (key.empty()) {
    throw UsageError(fmt::format("{}\"{}\" is not an assignment, expected section.key=value",
                                 kPlace, assignment));
  }
  const std::string text = trim(assignment.substr(assignment.find('=') + 1));
  const Field* field = find_field(fields_, key);
  if (!field && is_table_of_fields(fields_, key)) {
    throw UsageError(fmt::format("{}{} is a table, expected one of its keys, as in {}.key=value",
                                 kPlace, key, key));
  }
  if (!field) throw_unknown(fields_, {key, {text}, 0}, kPlace);

  std::optional<TomlValue> value = parse_value(text);
  if (takes_text(*field) && !(value && std::holds_alternative<std::string>(value->value))) {
    value = parse_value(toml_text(text));  // quoted, so that only invalid UTF-8 fails
    if (!value) {
      throw UsageError(fmt::format("{}{} is not valid UTF-8, expected text in UTF-8", kPlace, key));
    }
  }
  const bool is_list = value && std::holds_alternative<TomlArray>(value->value);
  if (std::holds_alternative<ChoiceList>(field->target) && !is_list) value = words_in(text);
  convert(*field, value.value_or(TomlValue{text}), kPlace)();
}

}  // namespace dbot::core
