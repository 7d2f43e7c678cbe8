#include "dbot/data/sources/folder/visible_entries.h"

#include <system_error>

namespace dbot::data {

bool is_hidden(const std::filesystem::path& path) {
  return path.filename().native().starts_with('.');
}

void see_visible(const std::filesystem::path& folder,
                 const std::function<bool(const std::filesystem::directory_entry&)>& see) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!is_hidden(entry->path()) && !see(*entry)) return;
  }
}

}  // namespace dbot::data
