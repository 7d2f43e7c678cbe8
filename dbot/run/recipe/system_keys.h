#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dbot/run/recipe/recipe.h"

// Which learning system a key of recipes belongs to. Some belong to all.
namespace dbot::run {

/// The key that chooses the system, and with it which other keys there are.
inline constexpr std::string_view kMethodKey = "method.kind";

/// The systems whose recipes have this key, as methods::catalogue::kinds() names them.
std::vector<std::string> systems_with(std::string_view key);

/// Throws UsageError at a document's first key that `recipe`'s system does not have and another
/// has, in the name of those that have it. A key that no system has is left to the reading.
/// `settings`: what `recipe` is bound to.
void refuse_keys_of_other_systems(const Recipe& recipe, const core::Settings& settings,
                                  std::string_view toml, std::string_view origin);
/// The same of an assignment.
void refuse_key_of_other_systems(const Recipe& recipe, const core::Settings& settings,
                                 std::string_view assignment);

}  // namespace dbot::run
