#include "dbot/data/sources/folder/layout.h"

#include <fmt/format.h>

#include <algorithm>

#include "dbot/core/error.h"
#include "dbot/data/sources/folder/folder_dataset.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

fs::path folder_or_nothing(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored) ? path : fs::path{};
}

}  // namespace

PartFolders find_part_folders(const fs::path& folder) {
  return {folder_or_nothing(folder / "train"), folder_or_nothing(folder / "val"),
          folder_or_nothing(folder / "test")};
}

void require_existing(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found || path.empty()) {
    throw DataError({.operation = "data",
                     .subject = path.empty() ? "the data folder" : path.string(),
                     .fault = Fault::missing,
                     .reason = "does not exist, expected a folder of images, or a file or pattern "
                               "of another source (docs/data.md)"});
  }
  if (error) throw DataError(fmt::format("[data] {}: {}", path.string(), error.message()));
  if (fs::is_directory(status)) {
    fs::directory_iterator probe(path, error);
    if (error) throw DataError(fmt::format("[data] {}: {}", path.string(), error.message()));
  }
}

FolderScan scan_images(const fs::path& folder, const core::Log& log,
                       const core::StopRequest* stop) {
  ScanOptions options;
  options.stop = stop;
  auto scan = scan_folder(folder, log, options);
  if (!scan.images.empty()) return scan;
  if (scan.other_files == 0) {
    throw DataError(
        fmt::format("[data] {} is empty, expected images (.jpg, .png, .webp, .tif, …) in it or "
                    "its folders",
                    folder.string()));
  }
  throw DataError(fmt::format(
      "[data] {}: found {} {}, none of them an image (.jpg, .png, .webp, .tif, …); first: {}",
      folder.string(), scan.other_files, scan.other_files == 1 ? "file" : "files",
      scan.first_other));
}

std::vector<std::string> class_names(const PathList& relative_paths) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < relative_paths.size(); ++i) {
    const auto name = class_folder(relative_paths[i]);  // a class's images lie side by side
    if (!name.empty() && (names.empty() || names.back() != name)) names.emplace_back(name);
  }
  // "a-b/" stands before "a/", but "a" before "a-b".
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace dbot::data
