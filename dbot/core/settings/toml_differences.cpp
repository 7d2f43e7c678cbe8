#include <fmt/format.h>

#include <map>

#include "dbot/core/settings/settings.h"
#include "dbot/core/settings/toml_document.h"

namespace dbot::core {
namespace {

constexpr const char* kAbsent = "(not set)";

std::map<std::string, std::string> values_of(const std::vector<TomlEntry>& entries) {
  std::map<std::string, std::string> values;
  for (const TomlEntry& entry : entries) {
    if (!std::holds_alternative<TomlTable>(entry.value.value)) {
      values.emplace(entry.key, toml_text(entry.value));
    }
  }
  return values;
}

}  // namespace

std::vector<std::string> toml_differences(std::string_view before, std::string_view after) {
  const auto old_values = values_of(parse_toml(before, "before"));
  const auto new_values = values_of(parse_toml(after, "after"));
  std::vector<std::string> differences;
  for (const auto& [key, value] : old_values) {
    const auto found = new_values.find(key);
    const std::string& now = found == new_values.end() ? kAbsent : found->second;
    if (now != value) differences.push_back(fmt::format("{}: {} → {}", key, value, now));
  }
  for (const auto& [key, value] : new_values) {
    if (!old_values.contains(key)) {
      differences.push_back(fmt::format("{}: {} → {}", key, kAbsent, value));
    }
  }
  return differences;
}

}  // namespace dbot::core
