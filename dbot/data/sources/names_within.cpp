#include "dbot/data/sources/names_within.h"

namespace dbot::data {

NamesWithin::NamesWithin(const std::vector<std::filesystem::path>& roots) {
  for (const auto& root : roots) {
    std::error_code ignored;
    const bool folder = std::filesystem::is_directory(root, ignored);
    prefixes_.push_back((folder ? root : root.parent_path()).string());
  }
}

std::string NamesWithin::operator()(std::string name) const {
  for (const auto& prefix : prefixes_) {
    if (!name.starts_with(prefix)) continue;
    name.erase(0, prefix.size());
    break;
  }
  return name.erase(0, name.find_first_not_of('/'));
}

}  // namespace dbot::data
