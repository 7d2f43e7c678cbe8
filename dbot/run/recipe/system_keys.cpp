#include "dbot/run/recipe/system_keys.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstddef>
#include <variant>

#include "dbot/core/error.h"
#include "dbot/core/settings/toml_document.h"

namespace dbot::run {
namespace {

bool has(const core::Settings& settings, std::string_view key) {
  return std::ranges::find(settings.fields(), key, &core::Field::key) != settings.fields().end();
}

std::string quoted(const std::string& name) {
  return fmt::format("\"{}\"", name);
}

/// Of a key that `recipe`'s system lacks; `place` ("recipe.toml:7: ") stands before it.
void refuse_if_known(const Recipe& recipe, const std::string& key, const std::string& operation,
                     const std::string& place) {
  std::vector<std::string> owners = systems_with(key);
  if (owners.empty()) return;
  std::ranges::transform(owners, owners.begin(), quoted);
  const std::string& own = methods::catalogue::kinds()[recipe.method.index()];
  throw UsageError(
      ErrorFields{.operation = operation,
                  .subject = place + key,
                  .fault = Fault::mismatch,
                  .reason = fmt::format("belongs to {} {}, and it is {} here", kMethodKey,
                                        fmt::join(owners, " or "), quoted(own)),
                  .way_out = fmt::format("leave it out, or choose another {}", kMethodKey)});
}

/// Whether the entry names a system that there is not: then nobody knows whose keys are meant.
bool names_no_system(const core::TomlEntry& entry) {
  if (entry.key != kMethodKey) return false;
  const auto* name = std::get_if<std::string>(&entry.value.value);
  const std::vector<std::string>& kinds = methods::catalogue::kinds();
  return !name || std::ranges::find(kinds, *name) == kinds.end();
}

}  // namespace

std::vector<std::string> systems_with(std::string_view key) {
  const std::vector<std::string>& kinds = methods::catalogue::kinds();
  std::vector<std::string> systems;
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    Recipe defaults;
    defaults.method = methods::catalogue::default_config(kind);
    if (has(bind(defaults), key)) systems.push_back(kinds[kind]);
  }
  return systems;
}

void refuse_keys_of_other_systems(const Recipe& recipe, const core::Settings& settings,
                                  std::string_view toml, std::string_view origin) {
  const std::vector<core::TomlEntry> entries = core::parse_toml(toml, origin);
  if (std::ranges::any_of(entries, names_no_system)) return;
  for (const core::TomlEntry& entry : entries) {
    if (has(settings, entry.key)) continue;
    refuse_if_known(recipe, entry.key, "", fmt::format("{}:{}: ", origin, entry.line));
  }
}

void refuse_key_of_other_systems(const Recipe& recipe, const core::Settings& settings,
                                 std::string_view assignment) {
  const std::string key = core::assigned_key(assignment);
  if (!has(settings, key)) refuse_if_known(recipe, key, "set", "");
}

}  // namespace dbot::run
