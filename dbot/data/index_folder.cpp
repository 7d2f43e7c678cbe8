#include "dbot/data/index_folder.h"

#include <cstdlib>

#include "dbot/core/files/user_cache.h"

namespace dbot::data {

std::filesystem::path index_folder(std::string_view name) {
  const char* choice = std::getenv("DBOT_INDEX");
  if (choice && std::string_view(choice) == "off") return {};
  const auto cache = core::user_cache();
  return cache.empty() ? cache : cache / name;
}

}  // namespace dbot::data
