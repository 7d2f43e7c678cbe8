#include <fmt/format.h>

#include <utility>

#include "dbot/data/dataset.h"
#include "dbot/data/folder_dataset.h"
#include "dbot/data/idx_dataset.h"
#include "dbot/data/layout.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<const Dataset> open_idx(const IdxPair& pair) {
  return read_idx_pairs({pair}).front();
}

std::shared_ptr<const Dataset> open_folder(const fs::path& folder, const core::Log& log) {
  auto images = scan_images(folder, log).images;
  auto classes = class_names(images);
  // One folder, or pictures beside folders, is how files happen to lie, not a set of classes.
  const bool labelled = classes.size() > 1 && !class_folder(images.front()).empty();
  if (!labelled) classes.clear();
  return std::make_shared<FolderDataset>(folder, std::move(images), std::move(classes));
}

}  // namespace

std::shared_ptr<const Dataset> open_images(const fs::path& path, const core::Log& log) {
  require_existing(path);
  if (!fs::is_directory(path)) {
    require_idx(path);
    return open_idx({path, matching_labels(path)});
  }
  const auto idx = find_idx_files(path);
  if (!idx.train.images.empty()) {
    if (!idx.test.images.empty()) {
      log(core::LogLevel::information,
          fmt::format("{}: using {}; {} is left for evaluation", path.string(),
                      idx.train.images.filename().string(), idx.test.images.filename().string()));
    }
    return open_idx(idx.train);
  }
  if (!idx.test.images.empty()) return open_idx(idx.test);
  const auto parts = find_part_folders(path);
  if (!parts.divided()) return open_folder(path, log);
  log(core::LogLevel::information, fmt::format("{}: using train/; {}/ is left for evaluation",
                                               path.string(), parts.test.filename().string()));
  return open_folder(parts.train, log);
}

}  // namespace dbot::data
