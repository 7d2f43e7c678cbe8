#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "dbot/core/settings/settings.h"
#include "dbot/core/settings/settings_words.h"
#include "dbot/core/settings/toml_document.h"

namespace dbot::core {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> names_of(const ChoiceList& choices) {
  std::vector<std::string> names;
  for (const int index : choices.get()) {
    names.push_back(choices.names.at(static_cast<std::size_t>(index)));
  }
  return names;
}

struct TomlOf {
  template <typename Value>
  std::string operator()(const Value* value) const {
    return toml_text(*value);
  }
  std::string operator()(const Size* size) const {
    if (size->height == size->width) return toml_text(size->height);
    return toml_text(std::vector{size->height, size->width});
  }
  std::string operator()(const Choice& choice) const {
    return toml_text(choice.names.at(static_cast<std::size_t>(choice.get())));
  }
  std::string operator()(const ChoiceList& choices) const { return toml_text(names_of(choices)); }
};

struct JsonOf {
  template <typename Value>
  Json operator()(const Value* value) const {
    return *value;
  }
  Json operator()(const Size* size) const { return Json::array({size->height, size->width}); }
  Json operator()(const Choice& choice) const {
    return choice.names.at(static_cast<std::size_t>(choice.get()));
  }
  Json operator()(const ChoiceList& choices) const { return names_of(choices); }
};

/// A field that this document must not have, or an optional choice whose value goes without saying.
bool left_out(const Field& field) {
  if (!field.refused.empty()) return true;
  const auto* choice = std::get_if<Choice>(&field.target);
  return field.optional && choice && choice->get() == 0;
}

std::string toml_of(const Field& field) {
  return std::visit(TomlOf{}, field.target);
}

/// The tables in the order of their first field; keys without a table come first, as TOML demands.
std::vector<std::string_view> tables_in_order(const std::vector<Field>& fields) {
  std::vector<std::string_view> tables{""};
  for (const Field& field : fields) {
    if (left_out(field)) continue;
    const std::string_view table = table_of(field.key);
    if (std::find(tables.begin(), tables.end(), table) == tables.end()) tables.push_back(table);
  }
  return tables;
}

std::string comment_of(const Field& field) {
  std::string bounds = describe_type(field);
  if (const std::string range = describe_range(field.range); !range.empty()) bounds += ", " + range;
  if (!field.unit.empty()) bounds += "; unit: " + field.unit;
  std::string comment = fmt::format("# {} ({})\n", field.meaning, bounds);
  std::replace(comment.begin(), comment.end() - 1, '\n', ' ');
  return comment;
}

std::string cell(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
    text.insert(at, 1, '\\');
  }
  return text;
}

}  // namespace

std::string Settings::to_toml(bool commented) const {
  std::string text;
  for (const std::string_view table : tables_in_order(fields_)) {
    if (!table.empty()) text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", table);
    for (const Field& field : fields_) {
      if (table_of(field.key) != table || left_out(field)) continue;
      if (commented) text += comment_of(field);
      text += fmt::format("{} = {}\n", last_part_of(field.key), toml_of(field));
    }
  }
  return text;
}

std::string Settings::to_json() const {
  Json document = Json::object();
  for (const Field& field : fields_) {
    if (!field.refused.empty()) continue;
    Json* table = &document;
    std::string_view rest = field.key;
    for (std::size_t dot; (dot = rest.find('.')) != std::string_view::npos;) {
      table = &(*table)[std::string(rest.substr(0, dot))];
      rest.remove_prefix(dot + 1);
    }
    (*table)[std::string(rest)] = std::visit(JsonOf{}, field.target);
  }
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string Settings::documentation() const {
  std::string text = "| key | type | default | unit | meaning |\n| --- | --- | --- | --- | --- |\n";
  for (const Field& field : fields_) {
    const std::string range = describe_range(field.range);
    text += fmt::format("| `{}` | {}{} | `{}` | {} | {} |\n", field.key, cell(describe_type(field)),
                        range.empty() ? "" : ", " + range, cell(toml_of(field)), cell(field.unit),
                        cell(field.meaning));
  }
  return text;
}

}  // namespace dbot::core
