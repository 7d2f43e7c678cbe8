#include <fmt/format.h>

#include <map>

#include "dbot/core/settings/settings.h"
#include "dbot/core/settings/toml_document.h"

namespace dbot::core {
namespace {

constexpr const char* kAbsent = "(not set)";

using Values = std::map<std::string, std::string>;

Values values_of(const std::vector<TomlEntry>& entries) {
  Values values;
  for (const TomlEntry& entry : entries) {
    if (!std::holds_alternative<TomlTable>(entry.value.value)) {
      values.emplace(entry.key, toml_text(entry.value));
    }
  }
  return values;
}

}  // namespace

std::vector<std::string> toml_differences(std::string_view before, std::string_view after) {
  return toml_differences(before, after, {});
}

std::vector<std::string> toml_differences(std::string_view before, std::string_view after,
                                          std::string_view defaults) {
  const auto old_values = values_of(parse_toml(before, "before"));
  const auto new_values = values_of(parse_toml(after, "after"));
  const auto default_values = values_of(parse_toml(defaults, "defaults"));
  const auto value_in = [&](const Values& values, const std::string& key) -> std::string {
    if (const auto found = values.find(key); found != values.end()) return found->second;
    const auto otherwise = default_values.find(key);
    return otherwise == default_values.end() ? kAbsent : otherwise->second;
  };
  std::vector<std::string> differences;
  const auto compare = [&](const std::string& key) {
    const std::string was = value_in(old_values, key), is = value_in(new_values, key);
    if (was != is) differences.push_back(fmt::format("{}: {} → {}", key, was, is));
  };
  for (const auto& [key, value] : old_values) compare(key);
  for (const auto& [key, value] : new_values) {
    if (!old_values.contains(key)) compare(key);
  }
  return differences;
}

}  // namespace dbot::core
