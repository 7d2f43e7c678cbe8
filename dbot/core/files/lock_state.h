#pragma once

#include <filesystem>

namespace dbot::core {

/// Whether a living process holds the FileLock on this file, found out without touching it: trying
/// the lock would, for a moment, keep another process from it.
bool is_locked(const std::filesystem::path& path);

}  // namespace dbot::core
