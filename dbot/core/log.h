#pragma once

#include <functional>
#include <string_view>

namespace dbot::core {

enum class LogLevel { information, warning };

/// Where a library function tells people something. The library never prints: the caller decides.
/// An empty function is allowed nowhere; use `silent_log()`.
using Log = std::function<void(LogLevel, std::string_view)>;

inline Log silent_log() {
  return [](LogLevel, std::string_view) {};
}

}  // namespace dbot::core
