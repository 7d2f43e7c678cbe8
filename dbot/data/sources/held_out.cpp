#include "dbot/data/sources/held_out.h"

#include "dbot/core/error.h"
#include "dbot/data/sources/folder/folder_dataset.h"
#include "dbot/data/sources/folder/layout.h"
#include "dbot/data/sources/sources.h"

namespace dbot::data {
namespace {

namespace fs = std::filesystem;

std::shared_ptr<const Dataset> open_other_part(const fs::path& path, const core::Log& log) {
  if (const auto source = find_source(path, log)) {
    return source->divided() ? source->kind->open({source->held_out()}, {log}).front() : nullptr;
  }
  const auto parts = find_part_folders(path);
  if (!parts.divided()) return nullptr;
  return std::make_shared<FolderDataset>(
      parts.held_out(), scan_images(parts.held_out(), log).images, std::vector<std::string>{});
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
