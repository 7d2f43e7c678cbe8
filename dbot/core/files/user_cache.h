#pragma once

#include <filesystem>

namespace dbot::core {

/// $XDG_CACHE_HOME/dbot, or ~/.cache/dbot; empty without a home. Relative paths are ignored (XDG
/// Base Directory Specification).
std::filesystem::path user_cache();

}  // namespace dbot::core
