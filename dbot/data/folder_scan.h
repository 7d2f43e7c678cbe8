#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dbot/core/log.h"

namespace dbot::data {

/// What lies under a folder. Hidden files and folders are passed over; symbolic links are followed,
/// each folder is entered once (so loops end), by its own path rather than through a link.
struct FolderScan {
  std::vector<std::string> images;  // paths relative to the folder, sorted byte-wise
  std::int64_t other_files = 0;
  std::string first_other;  // the first of them, byte-wise
};

/// Folders that may not be read are named in the log and left out.
FolderScan scan_folder(const std::filesystem::path& root, const core::Log& log);

}  // namespace dbot::data
