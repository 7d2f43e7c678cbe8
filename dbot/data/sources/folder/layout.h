#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "dbot/core/log.h"
#include "dbot/data/sources/folder/folder_scan.h"

// How the parts of a data set lie in a folder; shared by open_images and open_labelled.
namespace dbot::data {

/// The folders of a data set that is divided already; empty paths where there is none.
struct PartFolders {
  std::filesystem::path train, val, test;
  /// What evaluation reads.
  const std::filesystem::path& held_out() const { return val.empty() ? test : val; }
  bool divided() const { return !train.empty() && !held_out().empty(); }
};
PartFolders find_part_folders(const std::filesystem::path& folder);

/// Throws DataError if there is neither a file nor a folder.
void require_existing(const std::filesystem::path& path);

/// Scans the folder. Throws DataError if there is no image, saying what was found instead, and
/// Stopped when asked to stop.
FolderScan scan_images(const std::filesystem::path& folder, const core::Log& log,
                       const core::StopRequest* stop = nullptr);

/// Names of the class folders of the images, sorted byte-wise, each once. `relative_paths` are
/// sorted.
std::vector<std::string> class_names(const PathList& relative_paths);

}  // namespace dbot::data
