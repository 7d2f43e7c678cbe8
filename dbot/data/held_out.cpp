#include "dbot/data/held_out.h"

#include "dbot/core/error.h"
#include "dbot/data/folder_dataset.h"
#include "dbot/data/idx_dataset.h"
#include "dbot/data/layout.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<const Dataset> open_other_part(const fs::path& path, const core::Log& log) {
  if (!fs::is_directory(path)) return nullptr;
  const auto idx = find_idx_files(path);
  if (!idx.train.images.empty()) {
    if (idx.test.images.empty()) return nullptr;
    return read_idx_pairs({{idx.test.images, {}}}).front();
  }
  const auto parts = find_part_folders(path);
  if (!parts.divided()) return nullptr;
  return std::make_shared<FolderDataset>(parts.test, scan_images(parts.test, log).images,
                                         std::vector<std::string>{});
}

}  // namespace

std::shared_ptr<const Dataset> open_held_out(const fs::path& path, const core::Log& log) {
  try {
    return open_other_part(path, log);
  } catch (const DataError&) {
    return nullptr;  // nobody asked for this part
  }
}

}  // namespace dbot::data
