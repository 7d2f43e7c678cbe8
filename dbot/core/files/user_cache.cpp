#include "dbot/core/files/user_cache.h"

#include <cstdlib>

namespace dbot::core {

std::filesystem::path user_cache() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache && *cache == '/') return std::filesystem::path(cache) / "dbot";
  const char* home = std::getenv("HOME");
  return home && *home == '/' ? std::filesystem::path(home) / ".cache" / "dbot"
                              : std::filesystem::path{};
}

}  // namespace dbot::core
