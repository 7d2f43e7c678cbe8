#pragma once

#include <filesystem>
#include <functional>

namespace dbot::data {

/// Whether its name begins with a dot.
bool is_hidden(const std::filesystem::path& path);

/// Shows each entry of a folder that is not hidden, in no order, until `see` returns false. One
/// pass that keeps nothing, since a folder may hold a million images. A folder that cannot be
/// listed has no entries.
void see_visible(const std::filesystem::path& folder,
                 const std::function<bool(const std::filesystem::directory_entry&)>& see);

}  // namespace dbot::data
